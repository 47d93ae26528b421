// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.write;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.ksm.advisor.Advisor;
import org.samepage.ksm.advisor.ScanTimeAdvisor;
import org.samepage.ksm.control.KsmdThread;
import org.samepage.ksm.state.KsmKnobs;
import org.samepage.ksm.trace.KsmTracepoints;
import org.samepage.machine.UserProcess;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.sched.FreeRunning;
import org.samepage.mm.sched.SeededSched;
import org.samepage.mm.time.VirtualClock;

/** T12 and trap 14: the advisor's arithmetic, and how it is chosen. */
final class AdvisorTest {
  private static final long SECOND = 1_000_000_000;
  private static final long MILLI = 1_000_000;

  private final KsmKnobs knobs = new KsmKnobs();
  private final FreeRunning sched = new FreeRunning();
  private final VirtualClock clock = new VirtualClock();
  private final KsmTracepoints trace = new KsmTracepoints();
  private final Advisor advisor = new ScanTimeAdvisor(knobs, sched, clock, trace);

  private long pass(long seconds, long cpuMillis) {
    advisor.startScan();
    clock.advanceNanos(seconds * SECOND);
    sched.current().charge(cpuMillis * MILLI);
    advisor.stopScan();
    return Integer.toUnsignedLong(knobs.pagesToScan);
  }

  @Test
  void T12_the_port_maps_vectors() {
    advisor.chosen();
    TraceLog log = new TraceLog();
    trace.tracepointProbeRegister(log);
    assertThat(pass(100, 10_000)).as("change 30").isEqualTo(500);
    assertThat(log.lines).containsExactly("advisor 100 500 10");
    knobs.pagesToScan = 500;
    // 250 * 51 / 100 = 127 is below 50 pages for a percent of the CPU, ten times
    assertThat(pass(100, 10_000)).as("change 51").isEqualTo(500);
    // 500 * 100 / 50 = 1000; change (70 * 51 + 30 * 400) / 100 = 155
    assertThat(pass(400, 40_000)).isEqualTo(1550);
  }

  @Test
  void T12_no_pages_and_no_cpu_time_count_as_one() {
    advisor.chosen();
    pass(400, 0);
    knobs.pagesToScan = 0;
    assertThat(pass(1, 0)).isEqualTo(10);
  }

  @Test
  void trap_14_floors_come_before_smoothing_and_clamps_in_this_order() {
    knobs.advisorMaxCpu = 5;
    advisor.chosen();
    assertThat(pass(400, 40_000)).as("the floor of ten percent beats max_cpu").isEqualTo(500);
    knobs.advisorMaxPagesToScan = 100;
    assertThat(pass(400, 40_000)).as("and max_pages beats the floor, below min").isEqualTo(100);
    knobs.advisorMaxPagesToScan = 0;
    assertThat(pass(400, 40_000)).as("down to nothing").isZero();
  }

  @Test
  void trap_14_the_first_pass_is_charged_all_that_ksmd_ever_used() {
    sched.current().charge(1_000_000 * MILLI);
    advisor.chosen();
    TraceLog log = new TraceLog();
    trace.tracepointProbeRegister(log);
    pass(100, 0);
    pass(100, 0);
    assertThat(log.lines.get(0)).endsWith(" 1000");
    assertThat(log.lines.get(1)).endsWith(" 1");
  }

  @ParameterizedTest(name = "{0} pages in {1} s with {2} ms: {3}")
  @CsvSource({
    // the product with 100 is cut to 32 bits: 42949673 * 100 is 4 more than 2^32
    "42949673, 200, 200000, 4294960",
    "1000, 200, 200000, 300",
    "1000, 50, 500, 10000"
  })
  void figures_have_the_kernels_widths(int pages, long seconds, long cpuMillis, long next) {
    knobs.advisorMaxPagesToScan = Long.MAX_VALUE;
    advisor.chosen();
    knobs.pagesToScan = pages;
    assertThat(pass(seconds, cpuMillis)).isEqualTo(next);
  }

  @Test
  void choosing_one_sets_its_defaults_unless_it_was_chosen_and_takes_pages_to_scan_over()
      throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18", "ksm.pages_to_scan=7")) {
      var sysfs = m.machine.ksm().sysfs();
      assertThat(sysfs.show("advisor_mode")).isEqualTo("[none] scan-time\n");
      assertThat(m.store("advisor_mode", "none\n")).isZero();
      assertThat(m.ksm("pages_to_scan")).isEqualTo(7);
      assertThat(m.store("advisor_mode", "scan-time\n")).isZero();
      assertThat(sysfs.show("advisor_mode")).isEqualTo("none [scan-time]\n");
      assertThat(m.ksm("pages_to_scan")).isEqualTo(500);
      assertThat(m.store("advisor_min_pages_to_scan", "600")).isZero();
      assertThat(m.ksm("pages_to_scan")).as("not before it is chosen").isEqualTo(500);
      assertThat(m.store("pages_to_scan", "9")).isEqualTo(-Errno.EINVAL);
      for (String bad : List.of("\n", "scan", "scan-time ", "NONE", "scan-time\n\n")) {
        assertThat(m.store("advisor_mode", bad)).as(bad).isEqualTo(-Errno.EINVAL);
      }
      assertThat(m.store("advisor_mode", "none")).isZero();
      assertThat(m.ksm("pages_to_scan")).isEqualTo(100);
    }
  }

  @Test
  void a_machine_may_boot_with_it_and_its_thread_follows_it() throws Exception {
    SeededSched seeded = new SeededSched(1);
    try (TestMachine m =
        TestMachine.boot(
            seeded,
            "linux-6.18",
            "ksm.advisor_mode=scan-time",
            "ksm.advisor_min_pages_to_scan=40",
            "ksm.pages_to_scan=9",
            "ksm.run=1")) {
      assertThat(m.ksm("pages_to_scan")).isEqualTo(40);
      UserProcess a = m.mergeable(4);
      write(a, 0, 1);
      m.passes(1);
      assertThat(m.ksm("pages_to_scan")).as("not told of passes that are stepped").isEqualTo(40);
      KsmdThread ksmd = m.machine.ksm().thread();
      seeded.run(
          List.of(
              ksmd::ksmScanThread,
              () -> {
                for (int i = 0; m.ksm("full_scans") < 2; i++) {
                  assertThat(i).as("rounds").isLessThan(20_000);
                  seeded.yieldPoint();
                }
                ksmd.stop();
              }));
      // one second, one percent: 40 * 100 / 20000 = 0 pages, but ten times 40 for a percent
      assertThat(m.ksm("pages_to_scan")).isEqualTo(400);
    }
  }
}
