// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.trace;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Who is told, and whether anything has to be made for it. */
final class KsmTracepointsTest {
  private static final class Probe implements KsmTrace {
    boolean wants;
    int told;

    @Override
    public boolean isEnabled() {
      return wants;
    }

    @Override
    public void ksmStartScan(int seq, int rmapEntries) {
      told++;
    }
  }

  private final KsmTracepoints trace = new KsmTracepoints();

  @Test
  void nothing_is_made_until_a_probe_wants_it() {
    Probe probe = new Probe();
    assertThat(trace.enabled()).isFalse();
    trace.tracepointProbeRegister(probe);
    assertThat(trace.enabled()).isFalse();
    probe.wants = true;
    assertThat(trace.enabled()).isTrue();
  }

  @Test
  void each_probe_is_told_until_it_leaves() {
    Probe first = new Probe();
    Probe second = new Probe();
    trace.tracepointProbeRegister(first);
    trace.tracepointProbeRegister(second);
    trace.emit(probe -> probe.ksmStartScan(0, 0));
    trace.tracepointProbeUnregister(first);
    trace.emit(probe -> probe.ksmStartScan(1, 0));
    assertThat(first.told).isEqualTo(1);
    assertThat(second.told).isEqualTo(2);
  }
}
