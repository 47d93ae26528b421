// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.port;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.config.ConfigLoader;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.wiring.MachineBoot;
import org.samepage.selftests.run.Bed;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.sys.TestKernel;

/** Boots a machine for each case. */
public final class PortBed implements Bed {
  /** Enough for what a case sends there, its header beside. */
  private static final int SWAP_PAGES = 257;

  private final MachineBoot boot;
  private final ConfigLoader configs;
  private final ConfigSource source;

  /**
   * A bed of machines.
   *
   * @param source what they are like; a case gets the NUMA nodes and the swap that it wants all the
   *     same
   */
  public PortBed(MachineBoot boot, ConfigLoader configs, ConfigSource source) {
    this.boot = boot;
    this.configs = configs;
    this.source = source;
  }

  @Override
  public TestKernel fresh(Selftest.Wants wants) {
    List<String> settings = new ArrayList<>(source.settings());
    if (wants.nodes() > 1) {
      settings.add("machine.nodes=" + wants.nodes());
    }
    if (wants.swap()) {
      settings.add("machine.swap=" + SWAP_PAGES);
    }
    @Nullable Path file = source.file();
    return new PortKernel(
        boot.boot(configs.load(new ConfigSource(source.profile(), file, settings))));
  }
}
