// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.trace;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Who is told, and whether anything has to be made for it. */
final class TracepointsTest {
  private static final class Counting implements Probe {
    boolean wants;
    int told;

    @Override
    public boolean isEnabled() {
      return wants;
    }

    void event() {
      told++;
    }
  }

  private final Tracepoints<Counting> trace = new Tracepoints<>(Counting[]::new);

  @Test
  void nothing_is_made_until_a_probe_wants_it() {
    Counting probe = new Counting();
    assertThat(trace.enabled()).isFalse();
    trace.tracepointProbeRegister(probe);
    assertThat(trace.enabled()).isFalse();
    probe.wants = true;
    assertThat(trace.enabled()).isTrue();
  }

  @Test
  void each_probe_is_told_until_it_leaves() {
    Counting first = new Counting();
    Counting second = new Counting();
    trace.tracepointProbeRegister(first);
    trace.tracepointProbeRegister(second);
    trace.emit(Counting::event);
    trace.tracepointProbeUnregister(first);
    trace.emit(Counting::event);
    assertThat(first.told).isEqualTo(1);
    assertThat(second.told).isEqualTo(2);
  }
}
