// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.sys.Abi.MADV_DONTNEED;
import static org.samepage.selftests.sys.Abi.MADV_GUARD_INSTALL;
import static org.samepage.selftests.sys.Abi.MADV_GUARD_REMOVE;
import static org.samepage.selftests.sys.Abi.MADV_MERGEABLE;
import static org.samepage.selftests.sys.Abi.MADV_UNMERGEABLE;
import static org.samepage.selftests.sys.Abi.PM_GUARD_REGION;
import static org.samepage.selftests.sys.Abi.PM_PRESENT;
import static org.samepage.selftests.sys.Abi.PM_SWAP;
import static org.samepage.selftests.sys.Abi.PM_UFFD_WP;
import static org.samepage.selftests.sys.Abi.PROT_READ;
import static org.samepage.selftests.sys.Abi.PROT_WRITE;

import java.util.Arrays;
import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.Errno;
import org.samepage.selftests.run.TestRun;
import org.samepage.selftests.sys.TestProcess;
import org.samepage.selftests.sys.Uffd;

/** Equal pages with something else among them. */
final class OwnCases {
  private static final int RW = PROT_READ | PROT_WRITE;
  private static final int PAGES = 32;
  private static final long SIZE = PAGES * PAGE_SIZE;
  private static final int CONTENT = 0x5a;

  private OwnCases() {}

  private static long filled(TestRun t) throws SyscallException {
    Ksm.stop(t);
    long range = t.map(PAGES, RW);
    t.process().fill(range, SIZE, CONTENT);
    return range;
  }

  private static void advise(TestRun t, long addr, long length, int advice) {
    t.same(0, t.process().madvise(addr, length, advice), "madvise " + advice);
  }

  private static void merge(TestRun t, long range) {
    advise(t, range, SIZE, MADV_MERGEABLE);
    Ksm.start(t);
  }

  private static long count(TestProcess p, long range, long bit) {
    return Arrays.stream(p.pagemap(range, PAGES)).filter(word -> (word & bit) != 0).count();
  }

  private static void merged(TestRun t, long pages) {
    t.same(1, Ksm.number(t, "pages_shared"), "pages_shared");
    t.same(pages - 1, Ksm.number(t, "pages_sharing"), "pages_sharing");
    t.same(pages, Ksm.mergingPages(t, t.process()), "ksm_merging_pages");
  }

  static void guardMarkers(TestRun t) throws SyscallException {
    long range = filled(t);
    advise(t, range + 4 * PAGE_SIZE, PAGE_SIZE, MADV_GUARD_INSTALL);
    advise(t, range + 16 * PAGE_SIZE, 3 * PAGE_SIZE, MADV_GUARD_INSTALL);
    advise(t, range + (PAGES - 1) * PAGE_SIZE, PAGE_SIZE, MADV_GUARD_INSTALL);
    merge(t, range);
    merged(t, PAGES - 5);
    t.same(5, count(t.process(), range, PM_GUARD_REGION), "guards after the scan");
    advise(t, range, SIZE, MADV_UNMERGEABLE);
    t.no(Ksm.mapsDuplicates(t.process(), range, SIZE), "a frame is mapped twice");
    t.same(5, count(t.process(), range, PM_GUARD_REGION), "guards after unmerging");
    t.reads(t.process(), range + 4 * PAGE_SIZE, false, "a guard");
    t.allBytes(t.process(), range, 4 * PAGE_SIZE, CONTENT, "the pages before it");
    advise(t, range, SIZE, MADV_GUARD_REMOVE);
    t.allBytes(t.process(), range + 4 * PAGE_SIZE, PAGE_SIZE, 0, "what was guarded");
  }

  /** A range with nothing in its tables but guards. */
  static void guardsAlone(TestRun t) {
    Ksm.stop(t);
    long range = t.map(PAGES, RW);
    advise(t, range, SIZE, MADV_GUARD_INSTALL);
    merge(t, range);
    t.same(0, Ksm.number(t, "pages_shared"), "pages_shared");
    t.same(0, Ksm.stat(t, t.process(), "ksm_rmap_items"), "ksm_rmap_items");
    advise(t, range, SIZE, MADV_UNMERGEABLE);
    t.same(PAGES, count(t.process(), range, PM_GUARD_REGION), "guards");
  }

  private static Uffd protect(TestRun t, long range) {
    Uffd uffd = t.process().userfaultfd();
    long features = Uffd.FEATURE_PAGEFAULT_FLAG_WP | Uffd.FEATURE_WP_UNPOPULATED;
    if (uffd.api(features) == -Errno.EINVAL) {
      throw t.skip("UFFD_FEATURE_WP_UNPOPULATED not available");
    }
    t.same(0, uffd.register(range, SIZE, Uffd.REGISTER_MODE_WP), "UFFDIO_REGISTER");
    t.same(0, uffd.writeProtect(range, SIZE, true), "UFFDIO_WRITEPROTECT");
    return uffd;
  }

  /** Protecting a page that is not there leaves a marker in its place. */
  static void uffdMarkers(TestRun t) throws SyscallException {
    long range = filled(t);
    advise(t, range + 8 * PAGE_SIZE, 8 * PAGE_SIZE, MADV_DONTNEED);
    Uffd uffd = protect(t, range);
    t.same(PAGES, count(t.process(), range, PM_UFFD_WP), "protected pages and markers");
    merge(t, range);
    merged(t, PAGES - 8);
    t.same(PAGES - 8, count(t.process(), range, PM_PRESENT), "present pages after the scan");
    advise(t, range, SIZE, MADV_UNMERGEABLE);
    t.no(Ksm.mapsDuplicates(t.process(), range, SIZE), "a frame is mapped twice");
    t.same(PAGES - 8, count(t.process(), range, PM_PRESENT), "present pages after unmerging");
    uffd.close();
  }

  static void uffdProtected(TestRun t) throws SyscallException {
    long range = filled(t);
    Uffd uffd = protect(t, range);
    merge(t, range);
    merged(t, PAGES);
    advise(t, range, SIZE, MADV_UNMERGEABLE);
    t.no(Ksm.mapsDuplicates(t.process(), range, SIZE), "a frame is mapped twice");
    uffd.close();
    t.allBytes(t.process(), range, SIZE, CONTENT, "the pages");
  }

  private static void demandSwap(TestRun t) {
    String swaps = t.kernel().read("/proc/swaps");
    if (swaps == null || swaps.strip().lines().count() < 2) {
      throw t.skip("there is no swap");
    }
  }

  static void swapEntries(TestRun t) throws SyscallException {
    demandSwap(t);
    long range = filled(t);
    t.same(0, t.process().swapOut(range + 8 * PAGE_SIZE, 8 * PAGE_SIZE), "swapping out");
    t.same(8, count(t.process(), range, PM_SWAP), "swapped pages");
    merge(t, range);
    merged(t, PAGES - 8);
    t.same(8, count(t.process(), range, PM_SWAP), "swapped pages after the scan");
    advise(t, range, SIZE, MADV_UNMERGEABLE);
    t.same(8, count(t.process(), range, PM_SWAP), "swapped pages after unmerging");
    t.allBytes(t.process(), range, SIZE, CONTENT, "the pages");
  }

  /** What moved is found by its place in the anon_vma, not by its address. */
  static void mergedSwap(TestRun t, boolean moved) throws SyscallException {
    demandSwap(t);
    Ksm.stop(t);
    TestProcess p = t.process();
    long range = RmapCases.movedAndMerged(t, moved);
    RmapCases.sameFrame(t, p, range);
    merged(t, 16);
    Ksm.set(t, "run", 0); // the next pass would forget what is not there
    t.same(0, p.swapOut(range, 16 * PAGE_SIZE), "swapping out");
    t.same(16, swapped(p, range), "swapped pages");
    t.same(16, Ksm.mergingPages(t, p), "ksm_merging_pages while swapped");
    t.allBytes(p, range, 16 * PAGE_SIZE, 0x77, "the pages after swap-in");
    t.no(Ksm.mapsDuplicates(p, range, 16 * PAGE_SIZE), "a frame is mapped twice");
    t.same(16, Ksm.mergingPages(t, p), "ksm_merging_pages until the next scan");
  }

  private static long swapped(TestProcess p, long range) {
    return Arrays.stream(p.pagemap(range, 16)).filter(word -> (word & PM_SWAP) != 0).count();
  }

  /** A merged page with every mapping of it in one process, some of them moved by mremap. */
  static void migrated(TestRun t) throws SyscallException {
    RmapCases.ksmAndMremap(t);
    merged(t, 16);
  }

  /** Pages that fork shares, and some of them KSM too: one byte is written, the others stay. */
  static void written(TestRun t) throws SyscallException {
    long range = filled(t);
    TestProcess p = t.process();
    advise(t, range, SIZE / 2, MADV_MERGEABLE);
    Ksm.start(t);
    TestProcess child = p.fork();
    for (int page = 0; page < PAGES; page += 4) {
      byte[] one = {(byte) page};
      p.write(range + page * PAGE_SIZE, one);
      child.write(range + (page + 1) * PAGE_SIZE, one);
    }
    for (int page = 0; page < PAGES; page++) {
      holds(t, p, range, page, page % 4 == 0 ? page : CONTENT);
      holds(t, child, range, page, page % 4 == 1 ? page - 1 : CONTENT);
    }
  }

  private static void holds(TestRun t, TestProcess p, long range, int page, int first)
      throws SyscallException {
    long addr = range + page * PAGE_SIZE;
    t.same(first, p.read(addr, 1)[0], "the first byte of page " + page);
    t.allBytes(p, addr + 1, PAGE_SIZE - 1, CONTENT, "the rest of page " + page);
  }
}
