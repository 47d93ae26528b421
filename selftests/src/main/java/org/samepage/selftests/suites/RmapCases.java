// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.sys.Abi.MADV_MERGEABLE;
import static org.samepage.selftests.sys.Abi.MAP_FIXED_NOREPLACE;
import static org.samepage.selftests.sys.Abi.MAP_SHARED;
import static org.samepage.selftests.sys.Abi.MREMAP_FIXED;
import static org.samepage.selftests.sys.Abi.MREMAP_MAYMOVE;
import static org.samepage.selftests.sys.Abi.PM_PFN;
import static org.samepage.selftests.sys.Abi.PROT_READ;
import static org.samepage.selftests.sys.Abi.PROT_WRITE;
import static org.samepage.selftests.sys.Abi.PR_SET_MEMORY_MERGE;

import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.Errno;
import org.samepage.selftests.run.TestRun;
import org.samepage.selftests.sys.TestProcess;

/** One page, in a family of processes; one of them moves it to another node. */
final class RmapCases {
  private static final int RW = PROT_READ | PROT_WRITE;
  private static final int CONTENT = 0xcf;
  private static final int MOST_TRIES = 100;
  private static final int MERGED = 16;

  private RmapCases() {}

  private static void demandNodes(TestRun t) {
    if (t.kernel().nodes() < 2) {
      throw t.skip("Not enough NUMA nodes available");
    }
  }

  static void anon(TestRun t) throws SyscallException {
    demandNodes(t);
    long page = t.map(1, RW);
    t.process().fill(page, PAGE_SIZE, CONTENT);
    moveAndCheck(t, ProcessTree.grow(t), page);
  }

  static void shm(TestRun t) throws SyscallException {
    demandNodes(t);
    ofFile(t, t.process().memfdCreate(0));
  }

  static void file(TestRun t) throws SyscallException {
    demandNodes(t);
    ofFile(t, t.process().createFile());
  }

  private static void ofFile(TestRun t, long opened) throws SyscallException {
    TestProcess p = t.process();
    long fd = t.ok(opened, "the file");
    t.same(0, p.ftruncate(fd, PAGE_SIZE), "ftruncate");
    long page = t.place();
    t.same(page, p.mmap(page, PAGE_SIZE, RW, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0), "mmap");
    p.fill(page, PAGE_SIZE, CONTENT);
    t.same(0, p.close(fd), "close");
    moveAndCheck(t, ProcessTree.grow(t), page);
  }

  /** Everyone reads the page, the worker moves it, and everyone must have it where it is now. */
  private static void moveAndCheck(TestRun t, ProcessTree tree, long page) throws SyscallException {
    for (TestProcess p : tree.all()) {
      t.reads(p, page, true, "the page");
    }
    long before = Ksm.pfn(t, tree.worker(), page);
    migrate(t, tree.worker(), page);
    long now = Ksm.pfn(t, tree.worker(), page);
    t.no(before == now, "the page is where it was");
    for (TestProcess p : tree.all()) {
      t.same(now, Ksm.pfn(t, p, page), "the frame in one of %d".formatted(tree.all().size()));
      t.allBytes(p, page, PAGE_SIZE, CONTENT, "the page");
    }
  }

  /** Moves a page to a node that it is not on. */
  private static void migrate(TestRun t, TestProcess p, long page) {
    long node = t.ok(p.movePage(page, -1), "move_pages that asks");
    int other = node == 0 ? 1 : 0;
    long result = -Errno.EAGAIN;
    for (int i = 0; i < MOST_TRIES && result != other; i++) {
      result = t.ok(p.movePage(page, other), "move_pages");
    }
    t.same(other, result, "the node after move_pages");
  }

  /** Each process has a page of its own; KSM makes one of them all. */
  static void ksm(TestRun t) throws SyscallException {
    demandNodes(t);
    Ksm.stop(t);
    long err = t.process().prctl(PR_SET_MEMORY_MERGE, 1);
    if (err == -Errno.EINVAL) {
      throw t.skip("PR_SET_MEMORY_MERGE not supported");
    }
    t.same(0, err, "PR_SET_MEMORY_MERGE=1");
    ProcessTree tree = ProcessTree.grow(t);
    long page = t.place();
    for (TestProcess p : tree.all()) {
      t.same(page, TestRun.mapAt(p, page, 1, RW, MAP_FIXED_NOREPLACE), "mmap");
      p.fill(page, PAGE_SIZE, CONTENT);
    }
    Ksm.start(t);
    moveAndCheck(t, tree, page);
  }

  /** Pages that were moved before they were merged are not where their anon_vma has them. */
  static void ksmAndMremap(TestRun t) throws SyscallException {
    demandNodes(t);
    Ksm.stop(t);
    TestProcess p = t.process();
    long range = movedAndMerged(t, true);
    long before = sameFrame(t, p, range);
    migrate(t, p, range);
    t.no(sameFrame(t, p, range) == before, "the page is where it was");
    t.allBytes(p, range, MERGED * PAGE_SIZE, 0x77, "the pages");
  }

  /** Sixteen equal pages, merged; moved by mremap before that, or not. */
  static long movedAndMerged(TestRun t, boolean moved) throws SyscallException {
    TestProcess p = t.process();
    long size = MERGED * PAGE_SIZE;
    long range = t.map(2 * MERGED, RW);
    p.fill(range, 2 * size, 0x77);
    if (moved) {
      int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
      t.same(range, p.mremap(range + size, size, size, flags, range), "mremap");
    }
    t.same(0, p.madvise(range, size, MADV_MERGEABLE), "MADV_MERGEABLE");
    Ksm.start(t);
    Ksm.start(t);
    return range;
  }

  /** The frame that all sixteen pages are. */
  static long sameFrame(TestRun t, TestProcess p, long range) {
    long first = Ksm.pfn(t, p, range);
    for (long word : p.pagemap(range, MERGED)) {
      t.same(first, word & PM_PFN, "the frame of each page");
    }
    return first;
  }
}
