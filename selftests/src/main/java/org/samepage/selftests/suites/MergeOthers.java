// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.suites.MergeFixture.RW;
import static org.samepage.selftests.sys.Abi.MAP_FIXED;
import static org.samepage.selftests.sys.Abi.MAP_NORESERVE;
import static org.samepage.selftests.sys.Abi.MAP_PRIVATE;
import static org.samepage.selftests.sys.Abi.MREMAP_FIXED;
import static org.samepage.selftests.sys.Abi.MREMAP_MAYMOVE;
import static org.samepage.selftests.sys.Abi.PROT_EXEC;
import static org.samepage.selftests.sys.Abi.PROT_READ;
import static org.samepage.selftests.sys.Abi.PR_SET_MEMORY_MERGE;

import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.Errno;
import org.samepage.selftests.run.TestRun;

/** Merging after fork, with uprobes, KSM, seals and files. */
final class MergeOthers {
  private static final String UPROBE_TYPE = "/sys/bus/event_source/devices/uprobe/type";

  private MergeOthers() {}

  /** That a child copies all of a forked mapping does not loosen its chain to the parent's. */
  static void forkedTargetVma(TestRun t) throws SyscallException {
    MergeFixture f = new MergeFixture(t);
    f.map(1, 5);
    f.fault(1);
    f.becomeChild();
    for (int page = 1; page <= 5; page++) {
      f.fault(page);
    }
    f.map(6, 5);
    f.oneVma(1, 5);
  }

  static void forkedSourceVma(TestRun t) throws SyscallException {
    MergeFixture f = new MergeFixture(t);
    f.map(1, 5, RW, MAP_NORESERVE);
    f.fault(1);
    f.becomeChild();
    for (int page = 1; page <= 5; page++) {
      f.fault(page);
    }
    f.map(6, 5, RW | PROT_EXEC, MAP_NORESERVE);
    f.oneVma(6, 5);
    f.protect(1, 5, RW | PROT_EXEC);
    f.oneVma(6, 5);
  }

  static void uprobeUponMergedVma(TestRun t) {
    MergeFixture f = new MergeFixture(t);
    long fd = t.ok(f.p.createFile(), "creating a file");
    t.same(0, f.p.ftruncate(fd, PAGE_SIZE), "ftruncate");
    String type = t.kernel().read(UPROBE_TYPE);
    if (type == null) {
      throw t.skip("Failed to read uprobe sysfs file, skipping");
    }
    t.ok(f.p.uprobe(fd, Integer.parseInt(type.strip())), "perf_event_open");
    long at = f.at(1);
    t.same(
        at,
        f.p.mmap(at, 10 * PAGE_SIZE, PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0),
        "mmap of the file");
    long to = f.at(6);
    int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
    t.same(to, f.p.mremap(at, PAGE_SIZE, 2 * PAGE_SIZE, flags, to), "mremap to two pages");
    t.same(at, f.p.mremap(to, PAGE_SIZE, PAGE_SIZE, flags, at), "mremap back");
  }

  /** VM_MERGEABLE is set before the attempt to merge, not after it. */
  static void ksmMerge(TestRun t) {
    MergeFixture f = new MergeFixture(t);
    f.map(1, 1);
    f.map(2, 1);
    f.oneVma(1, 2);
    f.unmap(2, 1);
    long err = f.p.prctl(PR_SET_MEMORY_MERGE, 1);
    if (err == -Errno.EINVAL) {
      throw t.skip("KSM memory merging not supported, skipping.");
    }
    t.same(0, err, "prctl");
    f.map(2, 1);
    f.oneVma(1, 2);
    f.unmap(1, 2);
    f.map(1, 1);
    f.map(2, 1);
    f.oneVma(1, 2);
  }

  static void mergeVmasWithMseal(TestRun t) {
    if (t.process().mseal(0, 0, -1) == -Errno.ENOSYS) {
      throw t.skip("mseal not supported, skipping.");
    }
    MergeFixture f = new MergeFixture(t);
    f.map(1, 1);
    f.map(2, 1, RW | PROT_EXEC, 0);
    f.map(3, 1, PROT_READ, 0);
    t.same(0, f.p.mseal(f.at(2), PAGE_SIZE, 0), "mseal of the second");
    f.protect(1, 1, RW | PROT_EXEC);
    t.same(0, f.p.mseal(f.at(1), 3 * PAGE_SIZE, 0), "mseal of all");
    f.oneVma(1, 2);
  }

  /** The pages' offsets in the file fit; their offsets as anonymous pages do not. */
  static void anonAndPageOffsetMismatchMemfd(TestRun t) throws SyscallException {
    MergeFixture f = new MergeFixture(t);
    long fd = t.ok(f.p.memfdCreate(0), "memfd_create");
    t.same(0, f.p.ftruncate(fd, 10 * PAGE_SIZE), "ftruncate");
    mapFile(f, 1, fd, 0);
    mapFile(f, 15, fd, 5);
    f.fault(15);
    f.move(15, 5, 6);
    f.oneVma(1, 5);
  }

  private static void mapFile(MergeFixture f, long page, long fd, long offset) {
    f.t.same(
        f.at(page),
        f.p.mmap(f.at(page), 5 * PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED, fd, offset * PAGE_SIZE),
        "mmap of the file at " + page);
  }
}
