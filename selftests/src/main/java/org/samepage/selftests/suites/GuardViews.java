// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.selftests.suites.GuardFixture.RW;
import static org.samepage.selftests.sys.Abi.MADV_COLLAPSE;
import static org.samepage.selftests.sys.Abi.MADV_HUGEPAGE;
import static org.samepage.selftests.sys.Abi.MADV_NOHUGEPAGE;
import static org.samepage.selftests.sys.Abi.MADV_POPULATE_READ;
import static org.samepage.selftests.sys.Abi.MAP_FIXED;
import static org.samepage.selftests.sys.Abi.MAP_FIXED_NOREPLACE;
import static org.samepage.selftests.sys.Abi.PAGE_IS_GUARD;
import static org.samepage.selftests.sys.Abi.PM_GUARD_REGION;
import static org.samepage.selftests.sys.Abi.PROT_READ;

import java.util.Arrays;
import java.util.Iterator;
import org.samepage.machine.SyscallException;
import org.samepage.selftests.suites.GuardFixture.Backing;
import org.samepage.selftests.sys.Extent;
import org.samepage.selftests.sys.PagemapScan;

/** Guards as /proc shows them, over the zero page, and in the way of huge pages. */
final class GuardViews {
  private static final int PAGES = 10;
  private static final long SIZE = PAGES * PAGE_SIZE;
  private static final String THP = "/sys/kernel/mm/transparent_hugepage/enabled";

  private GuardViews() {}

  static void anonZeropage(GuardFixture f) throws SyscallException {
    if (f.backing == Backing.FILE) {
      throw f.t.skip("anon zero page test specific to anon/shmem");
    }
    long addr = f.map(PAGES, PROT_READ);
    f.installEven(addr);
    f.guardsForReading(addr, PAGES, GuardFixture::even);
    f.remove(addr, 0, PAGES);
    f.guardsForReading(addr, PAGES, GuardFixture::none);
    f.t.allBytes(f.p, addr, SIZE, 0, "the pages");
    f.unmap(addr, 0, PAGES);
  }

  static void pagemap(GuardFixture f) {
    long addr = f.map(PAGES, RW);
    for (long word : f.p.pagemap(addr, PAGES)) {
      f.t.same(0, word & PM_GUARD_REGION, "the guard bit before");
    }
    f.installEven(addr);
    long[] words = f.p.pagemap(addr, PAGES);
    for (int page = 0; page < PAGES; page++) {
      f.t.same(
          page % 2 == 0 ? PM_GUARD_REGION : 0,
          words[page] & PM_GUARD_REGION,
          "the guard bit of page " + page);
    }
    f.unmap(addr, 0, PAGES);
  }

  static void pagemapScan(GuardFixture f) {
    long addr = f.map(PAGES, RW);
    PagemapScan scan = f.p.pagemapScan(addr, addr + SIZE, PAGE_IS_GUARD);
    f.t.same(0, scan.result(), "regions before");
    f.t.same(addr + SIZE, scan.walkEnd(), "walk_end");
    f.installEven(addr);
    scan = f.p.pagemapScan(addr, addr + SIZE, PAGE_IS_GUARD);
    f.t.same(5, scan.result(), "regions");
    f.t.same(addr + SIZE, scan.walkEnd(), "walk_end");
    for (int i = 0; i < 5; i++) {
      Extent region = scan.regions().get(i);
      f.t.same(addr + 2L * i * PAGE_SIZE, region.start(), "start of region " + i);
      f.t.same(PAGE_SIZE, region.length(), "length of region " + i);
    }
    f.unmap(addr, 0, PAGES);
  }

  /** Two huge pages' worth with a guard on every other page cannot become huge. */
  static void collapse(GuardFixture f) {
    String modes = f.t.kernel().read(THP);
    if (modes == null || modes.contains("[never]")) {
      throw f.t.skip("Transparent Hugepages not available");
    }
    int pages = (int) bytesToPages(2 * PMD_SIZE);
    if (!f.isAnon()) {
      f.truncate(pages);
    }
    // at a place that is aligned for huge pages
    long addr = f.mapAt(f.t.place(), pages, PROT_READ, MAP_FIXED_NOREPLACE, 0);
    f.t.same(0, f.advise(addr, 0, pages, MADV_NOHUGEPAGE), "MADV_NOHUGEPAGE");
    f.t.same(0, f.advise(addr, 0, pages, MADV_POPULATE_READ), "MADV_POPULATE_READ");
    for (int page = 0; page < pages; page += 2) {
      f.install(addr, page, 1);
    }
    f.guardsForReading(addr, pages, GuardFixture::even);
    f.t.same(0, f.advise(addr, 0, pages, MADV_HUGEPAGE), "MADV_HUGEPAGE");
    f.t.no(f.advise(addr, 0, pages, MADV_COLLAPSE) == 0, "MADV_COLLAPSE succeeds");
    f.guardsForReading(addr, pages, GuardFixture::even);
  }

  /** The flag comes with the first guard, stays, goes to both halves, and hinders no merge. */
  static void smaps(GuardFixture f) {
    long addr = f.map(PAGES, RW);
    f.t.no(hasGuardFlag(f, addr), "the flag before");
    f.install(addr, 0, 1);
    f.t.yes(hasGuardFlag(f, addr), "the flag");
    f.remove(addr, 0, 1);
    f.t.yes(hasGuardFlag(f, addr), "the flag, with no guard left");
    for (int page = 0; page < PAGES; page++) {
      f.install(addr, page, 1);
      f.t.yes(hasGuardFlag(f, addr), "the flag");
    }
    f.unmap(addr, 4, 1);
    f.t.yes(hasGuardFlag(f, addr), "the flag of the first half");
    f.t.yes(hasGuardFlag(f, addr + 5 * PAGE_SIZE), "the flag of the second half");
    if (f.backing == Backing.FILE && !mergesMappings(f)) {
      f.t.say("local filesystem does not support sane merging skipping merge test");
      return;
    }
    f.mapAt(addr + 4 * PAGE_SIZE, 1, RW, MAP_FIXED, 4);
    f.t.oneVma(f.p, addr, PAGES);
    f.t.yes(hasGuardFlag(f, addr), "the flag of the whole");
  }

  /** Some file systems' mappings never merge. */
  private static boolean mergesMappings(GuardFixture f) {
    long addr = f.map(PAGES, RW);
    f.unmap(addr, 5, 1);
    f.mapAt(addr + 5 * PAGE_SIZE, 1, RW, MAP_FIXED, 5);
    Extent vma = f.p.vma(addr);
    return vma != null && vma.length() == SIZE;
  }

  /** The words of VmFlags of the mapping that begins at an address. */
  private static boolean hasGuardFlag(GuardFixture f, long addr) {
    String smaps = f.p.procFile("smaps");
    if (smaps == null) {
      throw f.t.fail("no smaps");
    }
    String head = "%08x-".formatted(addr);
    Iterator<String> lines = smaps.lines().dropWhile(line -> !line.startsWith(head)).iterator();
    while (lines.hasNext()) {
      String line = lines.next();
      if (line.startsWith("VmFlags:")) {
        return Arrays.asList(line.split("\\s+")).contains("gu");
      }
    }
    throw f.t.fail("no mapping begins at %x".formatted(addr));
  }
}
