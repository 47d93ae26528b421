// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.selftests.run.Selftest.testCase;
import static org.samepage.selftests.sys.Abi.MADV_COLLAPSE;
import static org.samepage.selftests.sys.Abi.MADV_DONTNEED;
import static org.samepage.selftests.sys.Abi.PIDFD_SELF;
import static org.samepage.selftests.sys.Abi.PROT_READ;
import static org.samepage.selftests.sys.Abi.PROT_WRITE;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Suite;
import org.samepage.selftests.run.TestRun;
import org.samepage.selftests.sys.Extent;
import org.samepage.selftests.sys.TestProcess;

/** process_madv: advice about many ranges, of oneself and of others. */
@PortedFrom(
    value = "tools/testing/selftests/mm/process_madv.c:process_madvise",
    fidelity = Fidelity.ADAPTED,
    differs = "remote_collapse fails where upstream returns without a word")
public final class ProcessMadviseSuite implements Suite {
  private static final int RW = PROT_READ | PROT_WRITE;
  private static final int UIO_MAXIOV = 1024;
  private static final String HUGE = "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size";

  @Override
  public String id() {
    return "PM";
  }

  @Override
  public String program() {
    return "process_madv";
  }

  @Override
  public List<Selftest> cases() {
    return List.of(
        testCase("PM-01", "process_madvise.basic", ProcessMadviseSuite::basic),
        testCase("PM-02", "process_madvise.remote_collapse", ProcessMadviseSuite::remoteCollapse),
        testCase("PM-03", "process_madvise.exited_process_pidfd", ProcessMadviseSuite::exited),
        testCase("PM-04", "process_madvise.bad_pidfd", ProcessMadviseSuite::badPidfd),
        testCase("PM-05", "process_madvise.invalid_vlen", ProcessMadviseSuite::invalidVlen),
        testCase(
                "PM-06",
                "process_madvise.invalid_advice_zero_length",
                ProcessMadviseSuite::invalidAdviceZeroLength)
            .since(702, "kernels before 7.2 look at the advice only where there is something"),
        testCase("PM-07", "process_madvise.flag", ProcessMadviseSuite::flag));
  }

  private static void basic(TestRun t) throws SyscallException {
    TestProcess p = t.process();
    long addr = t.map(10, RW);
    p.fill(addr, 10 * PAGE_SIZE, 'A');
    List<Extent> vector = new ArrayList<>();
    for (int page : new int[] {0, 3, 5, 8}) {
      vector.add(Extent.of(addr + page * PAGE_SIZE, PAGE_SIZE));
    }
    long count = p.processMadvise(PIDFD_SELF, vector, MADV_DONTNEED, 0);
    if (count == -Errno.EPERM) {
      throw t.skip("process_madvise() unsupported or permission denied, try running as root.");
    }
    t.same(vector.size() * PAGE_SIZE, count, "process_madvise");
    for (Extent part : vector) {
      t.allBytes(p, part.start(), PAGE_SIZE, 0, "an advised page");
    }
    t.allBytes(p, addr + PAGE_SIZE, PAGE_SIZE, 'A', "a page between them");
  }

  private static void remoteCollapse(TestRun t) throws SyscallException {
    if (t.kernel().read(HUGE) == null) {
      throw t.skip("Could not determine a valid huge page size.");
    }
    TestProcess child = t.process().fork();
    long addr = t.map(child, 2 * bytesToPages(PMD_SIZE), RW);
    for (long at = 0; at < 2 * PMD_SIZE; at += PAGE_SIZE) {
      child.write(addr + at, new byte[] {'A'});
    }
    long pidfd = t.ok(t.process().pidfdOpen(child), "pidfd_open");
    long count =
        t.process().processMadvise(pidfd, List.of(Extent.of(addr, PMD_SIZE)), MADV_COLLAPSE, 0);
    if (count == -Errno.EINVAL || count == -Errno.EPERM) {
      throw t.skip("process_madvise: " + Errno.name((int) count));
    }
    t.same(PMD_SIZE, count, "process_madvise");
  }

  private static List<Extent> onePage(TestRun t) {
    return List.of(Extent.of(t.map(1, PROT_READ), PAGE_SIZE));
  }

  private static void exited(TestRun t) {
    List<Extent> vector = onePage(t);
    TestProcess child = t.process().fork();
    long pidfd = t.ok(t.process().pidfdOpen(child), "pidfd_open");
    child.exit();
    t.fails(
        Errno.ESRCH,
        t.process().processMadvise(pidfd, vector, MADV_DONTNEED, 0),
        "process_madvise of an exited process");
  }

  private static void badPidfd(TestRun t) {
    List<Extent> vector = onePage(t);
    t.fails(
        Errno.EBADF,
        t.process().processMadvise(-1, vector, MADV_DONTNEED, 0),
        "process_madvise of descriptor -1");
    long other = t.ok(t.process().memfdCreate(0), "memfd_create");
    t.fails(
        Errno.EBADF,
        t.process().processMadvise(other, vector, MADV_DONTNEED, 0),
        "process_madvise of a descriptor that is no pidfd");
  }

  private static void invalidVlen(TestRun t) {
    Extent page = onePage(t).getFirst();
    t.fails(
        Errno.EINVAL,
        t.process()
            .processMadvise(
                PIDFD_SELF, Collections.nCopies(UIO_MAXIOV + 1, page), MADV_DONTNEED, 0),
        "process_madvise of 1025 ranges");
  }

  private static void invalidAdviceZeroLength(TestRun t) {
    TestProcess p = t.process();
    List<Extent> empty = List.of(Extent.of(0, 0));
    t.fails(Errno.EINVAL, p.processMadvise(PIDFD_SELF, empty, -1, 0), "advice -1, length 0");
    t.same(0, p.processMadvise(PIDFD_SELF, empty, MADV_DONTNEED, 0), "MADV_DONTNEED, length 0");
    t.fails(Errno.EINVAL, p.processMadvise(PIDFD_SELF, List.of(), -1, 0), "advice -1, no range");
  }

  private static void flag(TestRun t) {
    t.fails(
        Errno.EINVAL,
        t.process().processMadvise(PIDFD_SELF, onePage(t), MADV_DONTNEED, 0x8000_0000),
        "process_madvise with a flag");
  }
}
