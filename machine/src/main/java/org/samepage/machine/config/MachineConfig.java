// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.config;

import java.util.Map;
import org.samepage.machine.thp.ThpMode;
import org.samepage.mm.pgtable.KernelOptions;
import org.samepage.mm.phys.MemoryLayout;

/**
 * Everything a machine is booted from.
 *
 * @param profile the profile's name, for reports
 * @param memory nodes and frames
 * @param swapPages size of the swap device [pages], its header's included; 0 for none
 * @param thp which mappings get huge pages, at the start
 * @param options how the kernel was built
 * @param strategies the strategy's name by the extension point's
 * @param ksm start values of the files in /sys/kernel/mm/ksm
 * @param ext settings of strategies, by their whole keys
 * @param source what it was read from
 */
public record MachineConfig(
    String profile,
    MemoryLayout memory,
    int swapPages,
    ThpMode thp,
    KernelOptions options,
    Map<String, String> strategies,
    Map<String, String> ksm,
    Map<String, String> ext,
    ConfigSource source) {
  public MachineConfig {
    strategies = Map.copyOf(strategies);
    ksm = Map.copyOf(ksm);
    ext = Map.copyOf(ext);
  }
}
