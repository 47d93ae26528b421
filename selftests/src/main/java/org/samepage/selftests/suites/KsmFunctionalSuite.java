// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.run.Selftest.testCase;
import static org.samepage.selftests.sys.Abi.MADV_DONTNEED;
import static org.samepage.selftests.sys.Abi.MADV_MERGEABLE;
import static org.samepage.selftests.sys.Abi.MADV_NOHUGEPAGE;
import static org.samepage.selftests.sys.Abi.MADV_UNMERGEABLE;
import static org.samepage.selftests.sys.Abi.PROT_NONE;
import static org.samepage.selftests.sys.Abi.PROT_READ;
import static org.samepage.selftests.sys.Abi.PROT_WRITE;
import static org.samepage.selftests.sys.Abi.PR_GET_MEMORY_MERGE;
import static org.samepage.selftests.sys.Abi.PR_SET_MEMORY_MERGE;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Suite;
import org.samepage.selftests.run.TestRun;
import org.samepage.selftests.sys.TestProcess;
import org.samepage.selftests.sys.Uffd;

/** ksm_functional_tests: merging and, above all, unmerging. */
@PortedFrom(
    value = "tools/testing/selftests/mm/ksm_functional_tests.c:main",
    fidelity = Fidelity.ADAPTED,
    differs = "a case of each function; the child's checks are the case's own")
public final class KsmFunctionalSuite implements Suite {
  private static final int RW = PROT_READ | PROT_WRITE;
  private static final long SIZE = 2 << 20;
  private static final long HALF = SIZE / 2;
  private static final int CONTENT = 0xcf;

  /** How a range becomes mergeable. */
  private enum Mode {
    MADVISE,
    PRCTL,
    NONE
  }

  @Override
  public String id() {
    return "KF";
  }

  @Override
  public String program() {
    return "ksm_functional_tests";
  }

  @Override
  public List<Selftest> cases() {
    String unmerged = "Pages were unmerged";
    return List.of(
        testCase("KF-01", unmerged, KsmFunctionalSuite::unmerge),
        testCase("KF-02", "KSM zero pages were unmerged", KsmFunctionalSuite::unmergeZeroPages),
        testCase("KF-03", unmerged, KsmFunctionalSuite::unmergeDiscarded),
        testCase("KF-04", unmerged, KsmFunctionalSuite::unmergeUffdWp),
        testCase("KF-05", unmerged, KsmFunctionalSuite::protNone),
        testCase("KF-06", "Setting/clearing PR_SET_MEMORY_MERGE works", KsmFunctionalSuite::prctl),
        testCase("KF-07", "PR_SET_MEMORY_MERGE value is inherited", KsmFunctionalSuite::prctlFork),
        testCase(
            "KF-08", "PR_SET_MEMORY_MERGE value is inherited", KsmFunctionalSuite::prctlForkExec),
        testCase("KF-09", unmerged, KsmFunctionalSuite::prctlUnmerge),
        testCase(
            "KF-10",
            "ksm_merging_pages is not inherited after fork",
            KsmFunctionalSuite::forkMergingPageCount));
  }

  private static long mergedRange(TestRun t, int content, int prot, Mode mode)
      throws SyscallException {
    return mergedRange(t, t.process(), content, prot, mode);
  }

  /** Maps 2 MiB of one content, and lets ksmd merge it. */
  private static long mergedRange(TestRun t, TestProcess p, int content, int prot, Mode mode)
      throws SyscallException {
    Ksm.stop(t);
    t.same(0, Ksm.mergingPages(t, p), "merged pages before");
    long map = t.map(p, SIZE / PAGE_SIZE, RW);
    long nohugepage = p.madvise(map, SIZE, MADV_NOHUGEPAGE);
    t.yes(nohugepage == 0 || nohugepage == -Errno.EINVAL, "MADV_NOHUGEPAGE");
    p.fill(map, SIZE, content);
    t.same(0, p.mprotect(map, SIZE, prot), "mprotect");
    switch (mode) {
      case PRCTL -> setMemoryMerge(t, p);
      case MADVISE -> t.same(0, p.madvise(map, SIZE, MADV_MERGEABLE), "MADV_MERGEABLE");
      case NONE -> {}
    }
    Ksm.start(t);
    if (content != 0) {
      t.yes(Ksm.mergingPages(t, p) > 0, "pages got merged");
    }
    return map;
  }

  private static void setMemoryMerge(TestRun t, TestProcess p) {
    long err = p.prctl(PR_SET_MEMORY_MERGE, 1);
    if (err == -Errno.EINVAL) {
      throw t.skip("PR_SET_MEMORY_MERGE not supported");
    }
    t.same(0, err, "PR_SET_MEMORY_MERGE=1");
  }

  private static void clearMemoryMerge(TestRun t) {
    t.same(0, t.process().prctl(PR_SET_MEMORY_MERGE, 0), "PR_SET_MEMORY_MERGE=0");
  }

  private static void unmergeable(TestRun t, long addr, long length) {
    t.same(0, t.process().madvise(addr, length, MADV_UNMERGEABLE), "MADV_UNMERGEABLE");
  }

  private static void noDuplicates(TestRun t, long map) {
    t.no(Ksm.mapsDuplicates(t.process(), map, SIZE), "a frame is mapped twice");
  }

  private static void unmerge(TestRun t) throws SyscallException {
    long map = mergedRange(t, CONTENT, RW, Mode.MADVISE);
    unmergeable(t, map, SIZE);
    noDuplicates(t, map);
  }

  private static void unmergeZeroPages(TestRun t) throws SyscallException {
    if (t.process().procFile("ksm_stat") == null) {
      throw t.skip("accessing \"/proc/self/ksm_stat\" failed");
    }
    Ksm.set(t, "use_zero_pages", 1);
    long map = mergedRange(t, 0, RW, Mode.MADVISE);
    t.same(SIZE / PAGE_SIZE, zeroPages(t), "ksm_zero_pages after merging");
    unmergeable(t, map, HALF);
    t.same(HALF / PAGE_SIZE, zeroPages(t), "ksm_zero_pages after unmerging");
    for (long at = HALF; at < SIZE; at += PAGE_SIZE) {
      t.process().write(map + at, integer((int) at));
    }
    t.same(0, zeroPages(t), "ksm_zero_pages after write faults");
    noDuplicates(t, map);
  }

  private static long zeroPages(TestRun t) {
    return Ksm.stat(t, t.process(), "ksm_zero_pages");
  }

  private static byte[] integer(int value) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  private static void unmergeDiscarded(TestRun t) throws SyscallException {
    long map = mergedRange(t, CONTENT, RW, Mode.MADVISE);
    t.same(0, t.process().madvise(map, HALF, MADV_DONTNEED), "MADV_DONTNEED");
    unmergeable(t, map, SIZE);
    noDuplicates(t, map);
  }

  /** Unsharing is no write that anyone who protects pages is asked about. */
  private static void unmergeUffdWp(TestRun t) throws SyscallException {
    long map = mergedRange(t, CONTENT, RW, Mode.MADVISE);
    Uffd first = t.process().userfaultfd();
    long err = first.api(0);
    if (err == -Errno.EINVAL) {
      throw t.skip("The API version requested is not supported");
    }
    t.same(0, err, "UFFDIO_API");
    if ((first.features() & Uffd.FEATURE_PAGEFAULT_FLAG_WP) == 0) {
      throw t.skip("UFFD_FEATURE_PAGEFAULT_FLAG_WP not available");
    }
    first.close();
    Uffd uffd = t.process().userfaultfd();
    t.same(0, uffd.api(Uffd.FEATURE_PAGEFAULT_FLAG_WP), "UFFDIO_API");
    t.same(0, uffd.register(map, SIZE, Uffd.REGISTER_MODE_WP), "UFFDIO_REGISTER_MODE_WP");
    t.same(0, uffd.writeProtect(map, SIZE, true), "UFFDIO_WRITEPROTECT");
    unmergeable(t, map, SIZE);
    noDuplicates(t, map);
    uffd.close();
  }

  private static void protNone(TestRun t) throws SyscallException {
    long map = mergedRange(t, 0x11, PROT_NONE, Mode.MADVISE);
    for (long at = 0; at < HALF; at += PAGE_SIZE) {
      t.same(
          Integer.BYTES,
          t.process().writeMem(map + at, integer((int) at)),
          "writing to /proc/self/mem");
    }
    unmergeable(t, map + HALF, HALF);
    noDuplicates(t, map);
  }

  private static void prctl(TestRun t) {
    setMemoryMerge(t, t.process());
    t.same(1, t.process().prctl(PR_GET_MEMORY_MERGE, 0), "PR_GET_MEMORY_MERGE");
    clearMemoryMerge(t);
    t.same(0, t.process().prctl(PR_GET_MEMORY_MERGE, 0), "PR_GET_MEMORY_MERGE");
  }

  private static void prctlFork(TestRun t) throws SyscallException {
    setMemoryMerge(t, t.process());
    TestProcess child = t.process().fork();
    mergesByItself(t, child);
    child.exit();
    clearMemoryMerge(t);
  }

  private static void prctlForkExec(TestRun t) throws SyscallException {
    Ksm.set(t, "run", 1);
    Ksm.set(t, "pages_to_scan", 2000);
    Ksm.set(t, "sleep_millisecs", 0);
    setMemoryMerge(t, t.process());
    TestProcess child = t.process().fork();
    child.exec();
    mergesByItself(t, child);
    child.exit();
    clearMemoryMerge(t);
    Ksm.stop(t);
    Ksm.set(t, "pages_to_scan", 100);
    Ksm.set(t, "sleep_millisecs", 20);
  }

  /** A child in which everything is mergeable without a call of its own. */
  private static void mergesByItself(TestRun t, TestProcess child) throws SyscallException {
    t.same(1, child.prctl(PR_GET_MEMORY_MERGE, 0), "PR_GET_MEMORY_MERGE in the child");
    mergedRange(t, child, CONTENT, RW, Mode.NONE);
    Ksm.stop(t);
  }

  private static void prctlUnmerge(TestRun t) throws SyscallException {
    long map = mergedRange(t, CONTENT, RW, Mode.PRCTL);
    clearMemoryMerge(t);
    noDuplicates(t, map);
  }

  private static void forkMergingPageCount(TestRun t) throws SyscallException {
    mergedRange(t, CONTENT, RW, Mode.MADVISE);
    TestProcess child = t.process().fork();
    t.same(0, Ksm.mergingPages(t, child), "ksm_merging_pages in the child");
    child.exit();
  }
}
