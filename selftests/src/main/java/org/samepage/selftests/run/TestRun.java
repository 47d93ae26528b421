// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.run;

import static org.samepage.mm.units.PageUnits.pagesToBytes;
import static org.samepage.selftests.sys.Abi.MAP_ANONYMOUS;
import static org.samepage.selftests.sys.Abi.MAP_FIXED_NOREPLACE;
import static org.samepage.selftests.sys.Abi.MAP_PRIVATE;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.Errno;
import org.samepage.selftests.sys.Access;
import org.samepage.selftests.sys.Extent;
import org.samepage.selftests.sys.TestKernel;
import org.samepage.selftests.sys.TestProcess;

/**
 * What a case has while it runs: a kernel, a process on it, places for mappings, and ways to say
 * what must hold. The first thing that does not hold ends the case.
 */
public final class TestRun {
  /** Where places begin; below and above it both kernels have nothing of the test's. */
  private static final long FIRST_PLACE = 0x1000_0000_0000L;

  /** From a place to the next [bytes]. */
  private static final long PLACE_STRIDE = 1L << 32;

  private final TestKernel kernel;
  private final LongSupplier nanoClock;
  private final List<String> lines = new ArrayList<>();
  private final TestProcess process;
  private long nextPlace = FIRST_PLACE;

  TestRun(TestKernel kernel, LongSupplier nanoClock) {
    this.kernel = kernel;
    this.nanoClock = nanoClock;
    this.process = kernel.newProcess();
  }

  public TestKernel kernel() {
    return kernel;
  }

  /** The process that the test program would be. */
  public TestProcess process() {
    return process;
  }

  /** For what upstream measures; printed, never judged [ns]. */
  public long nanos() {
    return nanoClock.getAsLong();
  }

  List<String> lines() {
    return lines;
  }

  /** Says something on the way. */
  public void say(String line) {
    lines.add(line);
  }

  /** An address that nothing is mapped at, nor in the 4 GiB behind it. */
  public long place() {
    long place = nextPlace;
    nextPlace += PLACE_STRIDE;
    return place;
  }

  /** Maps private anonymous memory at a new place. */
  public long map(long pages, int prot) {
    return map(process, pages, prot);
  }

  /** Maps private anonymous memory at a new place. */
  public long map(TestProcess of, long pages, int prot) {
    long addr = place();
    same(addr, mapAt(of, addr, pages, prot, MAP_FIXED_NOREPLACE), "mmap");
    return addr;
  }

  /** Maps private anonymous memory, with these flags beside. */
  public static long mapAt(TestProcess of, long addr, long pages, int prot, int flags) {
    return of.mmap(addr, pagesToBytes(pages), prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  }

  // ------------------------------------------------------------------ what must hold

  public void yes(boolean holds, String what) {
    if (!holds) {
      throw fail("not so: " + what);
    }
  }

  public void no(boolean holds, String what) {
    if (holds) {
      throw fail("so, and should not be: " + what);
    }
  }

  public void same(long expected, long actual, String what) {
    if (expected != actual) {
      throw fail("%s: %s, expected %s".formatted(what, number(actual), number(expected)));
    }
  }

  /** A system call that returned no error; gives back what it returned. */
  public long ok(long result, String what) {
    if (isError(result)) {
      throw fail("%s: %s".formatted(what, Errno.name((int) result)));
    }
    return result;
  }

  /** A system call that failed with this errno. */
  public void fails(int errno, long result, String what) {
    if (result != -errno) {
      throw fail("%s: %s, expected %s".formatted(what, number(result), Errno.name(errno)));
    }
  }

  /** One mapping has exactly these pages. */
  public void oneVma(TestProcess of, long start, long pages) {
    Extent vma = of.vma(start);
    if (vma == null) {
      throw fail("no mapping at %x".formatted(start));
    }
    same(start, vma.start(), "start of the mapping");
    same(start + pagesToBytes(pages), vma.end(), "end of the mapping");
  }

  /** Every byte of a range is this one. */
  public void allBytes(TestProcess of, long addr, long length, int value, String what)
      throws SyscallException {
    int chunk = 1 << 16;
    for (long at = 0; at < length; at += chunk) {
      byte[] bytes = of.read(addr + at, (int) Math.min(chunk, length - at));
      for (int i = 0; i < bytes.length; i++) {
        if (bytes[i] != (byte) value) {
          throw fail(
              "%s: byte %d is %d, expected %d".formatted(what, at + i, bytes[i] & 0xff, value));
        }
      }
    }
  }

  /** Reading a page succeeds or ends with SIGSEGV. */
  public void reads(TestProcess of, long addr, boolean succeeds, String what) {
    accessed(of.tryRead(addr), succeeds, "reading " + what);
  }

  /** Writing {@code x} succeeds or ends with SIGSEGV. */
  public void writes(TestProcess of, long addr, boolean succeeds, String what) {
    accessed(of.tryWrite(addr, 'x'), succeeds, "writing " + what);
  }

  private void accessed(Access access, boolean succeeds, String what) {
    Access expected = succeeds ? Access.OK : Access.SIGSEGV;
    if (access != expected) {
      throw fail("%s: %s, expected %s".formatted(what, access, expected));
    }
  }

  /** Ends the case: it cannot say anything here. */
  public RuntimeException skip(String reason) {
    return new SkippedException(reason);
  }

  /** Ends the case: it has failed. */
  public RuntimeException fail(String reason) {
    return new FailedException(where() + reason);
  }

  /** Ends the case: what upstream counts as an expected failure has happened. */
  public RuntimeException expectedFailure(String reason) {
    return new ExpectedFailureException(reason);
  }

  public static boolean isError(long result) {
    return result < 0 && result >= -4095;
  }

  private static String number(long value) {
    String name = isError(value) ? Errno.name((int) value) : "";
    return name.startsWith("E") ? "%d (%s)".formatted(value, name) : Long.toString(value);
  }

  /** {@code FILE:LINE:METHOD:} of the case that asked, behind what cases share. */
  private static String where() {
    return StackWalker.getInstance()
        .walk(frames ->
            frames
                .filter(frame -> !frame.getClassName().equals(TestRun.class.getName()))
                .filter(frame -> !frame.getClassName().endsWith("Fixture"))
                .findFirst())
        .map(f -> "%s:%d:%s: ".formatted(f.getFileName(), f.getLineNumber(), f.getMethodName()))
        .orElse("");
  }
}
