// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.run;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.samepage.host.SurroundingsException;
import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.mm.report.KernelBugException;
import org.samepage.selftests.sys.TestKernel;
import org.samepage.selftests.sys.UnsoundException;

/** Runs one case on a fresh kernel. */
public final class CaseRunner {
  private final Bed bed;
  private final LongSupplier nanoClock;

  /**
   * A runner.
   *
   * @param nanoClock for what upstream measures; one that stands still where nobody reads it
   */
  public CaseRunner(Bed bed, LongSupplier nanoClock) {
    this.bed = bed;
    this.nanoClock = nanoClock;
  }

  /** Runs a case. */
  public Outcome run(Selftest test) {
    List<String> lines = new ArrayList<>();
    String release = "";
    Outcome outcome;
    String unsound = null;
    TestKernel kernel = bed.fresh(test.wants());
    try {
      release = kernel.release();
      outcome = body(test, kernel, lines);
    } finally {
      unsound = close(kernel);
    }
    if (unsound != null) {
      lines.add(unsound);
      outcome = new Outcome(Status.FAIL, "the kernel is not sound afterwards", lines);
    }
    return judged(outcome, test, release);
  }

  private static @Nullable String close(TestKernel kernel) {
    try {
      kernel.close();
      return null;
    } catch (UnsoundException e) {
      return e.getMessage();
    } catch (SurroundingsException e) {
      throw e;
    } catch (RuntimeException e) {
      return describe(e); // too broken to be looked at
    }
  }

  /** Its type, message and first line. */
  private static String describe(RuntimeException e) {
    StackTraceElement[] trace = e.getStackTrace();
    return e + (trace.length == 0 ? "" : " at " + trace[0]);
  }

  private Outcome body(Selftest test, TestKernel kernel, List<String> lines) {
    try {
      TestRun run = new TestRun(kernel, nanoClock);
      try {
        test.body().run(run);
      } finally {
        lines.addAll(run.lines());
      }
      return new Outcome(Status.PASS, "", lines);
    } catch (SkippedException e) {
      return new Outcome(Status.SKIP, String.valueOf(e.getMessage()), lines);
    } catch (ExpectedFailureException e) {
      return new Outcome(Status.XFAIL, String.valueOf(e.getMessage()), lines);
    } catch (NotSupportedYetException e) {
      return new Outcome(
          Status.SKIP, "not %s yet: %s".formatted(kernel.where(), e.getMessage()), lines);
    } catch (FailedException e) {
      return new Outcome(Status.FAIL, String.valueOf(e.getMessage()), lines);
    } catch (SyscallException e) {
      return new Outcome(Status.FAIL, "an access to memory ended with " + e.error(), lines);
    } catch (KernelBugException e) {
      return new Outcome(Status.FAIL, "kernel BUG: " + e.getMessage(), lines);
    } catch (SurroundingsException e) {
      throw e;
    } catch (RuntimeException e) {
      return new Outcome(Status.FAIL, "an error of our own: " + describe(e), lines);
    }
  }

  /** Upstream's XFAIL and XPASS: a failure that this version of the kernel is known for. */
  private static Outcome judged(Outcome outcome, Selftest test, String release) {
    Selftest.OldFault fault = test.fault();
    if (fault == null || !fault.isIn(release)) {
      return outcome;
    }
    return switch (outcome.status()) {
      case FAIL -> {
        List<String> lines = new ArrayList<>(outcome.lines());
        lines.add(outcome.reason());
        yield new Outcome(Status.XFAIL, fault.text(), lines);
      }
      case PASS ->
          new Outcome(
              Status.XPASS, "should fail on " + release + ": " + fault.text(), outcome.lines());
      default -> outcome;
    };
  }
}
