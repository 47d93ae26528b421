// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.sys.Abi.PROT_READ;

import org.junit.jupiter.api.Test;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.selftests.sys.TestKernel;
import org.samepage.selftests.sys.TestProcess;
import org.samepage.selftests.sys.UnsoundException;
import org.samepage.selftests.testing.Beds;

/** How a case can end, on a real machine. */
final class CaseRunnerTest {
  private final CaseRunner runner = new CaseRunner(Beds.port("linux-6.18"), () -> 0);

  private Outcome run(Selftest.Body body) {
    return runner.run(Selftest.testCase("XX-01", "a case", body));
  }

  private Outcome runFailing618(Selftest.Body body) {
    return runner.run(Selftest.testCase("XX-01", "a case", body).since(703, "known"));
  }

  @Test
  void a_case_that_ends_has_passed() {
    Outcome outcome = run(t -> t.say("hello"));
    assertThat(outcome.status()).isEqualTo(Status.PASS);
    assertThat(outcome.lines()).containsExactly("hello");
  }

  @Test
  void what_does_not_hold_fails_with_its_file_and_line() {
    Outcome outcome = run(t -> t.same(1, 2, "a number"));
    assertThat(outcome.status()).isEqualTo(Status.FAIL);
    assertThat(outcome.reason()).matches("CaseRunnerTest.java:\\d+:.*: a number: 2, expected 1");
  }

  @Test
  void an_access_that_ends_with_a_signal_fails() {
    Outcome outcome = run(t -> t.process().fill(t.map(1, PROT_READ), PAGE_SIZE, 1));
    assertThat(outcome.status()).isEqualTo(Status.FAIL);
    assertThat(outcome.reason()).contains("SIGSEGV");
  }

  @Test
  void what_the_port_cannot_do_is_skipped_with_the_reason() {
    Outcome outcome =
        run(t -> {
          throw new NotSupportedYetException("flying");
        });
    assertThat(outcome.status()).isEqualTo(Status.SKIP);
    assertThat(outcome.reason()).isEqualTo("not in the port yet: flying");
  }

  @Test
  void a_fault_of_this_version_makes_failing_expected_and_passing_not() {
    assertThat(runFailing618(t -> t.same(1, 2, "a number")).status()).isEqualTo(Status.XFAIL);
    Outcome passed = runFailing618(t -> {});
    assertThat(passed.status()).isEqualTo(Status.XPASS);
    assertThat(passed.isFine()).isFalse();
  }

  @Test
  void a_fault_is_in_older_versions_alone() {
    Selftest.OldFault fault = new Selftest.OldFault(703, "known");
    assertThat(fault.isIn("6.18.44-generic")).isTrue();
    assertThat(fault.isIn("7.2.13")).isTrue();
    assertThat(fault.isIn("7.3.0-rc1")).isFalse();
    assertThat(fault.isIn("10.0.1")).isFalse();
  }

  @Test
  void a_kernel_that_is_not_sound_afterwards_fails_the_case() {
    Bed bed = wants -> new UnsoundKernel(Beds.port("linux-6.18").fresh(wants));
    Outcome outcome =
        new CaseRunner(bed, () -> 0).run(Selftest.testCase("XX-01", "a case", t -> {}));
    assertThat(outcome.status()).isEqualTo(Status.FAIL);
    assertThat(outcome.lines()).contains("a frame is lost");
  }

  /** A kernel that loses a frame. */
  private record UnsoundKernel(TestKernel kernel) implements TestKernel {
    @Override
    public String where() {
      return kernel.where();
    }

    @Override
    public String release() {
      return kernel.release();
    }

    @Override
    public int nodes() {
      return kernel.nodes();
    }

    @Override
    public long rmapItemBytes() {
      return kernel.rmapItemBytes();
    }

    @Override
    public TestProcess newProcess() {
      return kernel.newProcess();
    }

    @Override
    public String read(String path) {
      return kernel.read(path);
    }

    @Override
    public long write(String path, String text) {
      return kernel.write(path, text);
    }

    @Override
    public void awaitFullScans(int passes) {
      kernel.awaitFullScans(passes);
    }

    @Override
    public void close() {
      kernel.close();
      throw new UnsoundException("a frame is lost");
    }
  }
}
