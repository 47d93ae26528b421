// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.suites.GuardFixture.RW;
import static org.samepage.selftests.sys.Abi.MADV_GUARD_INSTALL;
import static org.samepage.selftests.sys.Abi.MADV_GUARD_REMOVE;
import static org.samepage.selftests.sys.Abi.MAP_FIXED;
import static org.samepage.selftests.sys.Abi.MAP_POPULATE;
import static org.samepage.selftests.sys.Abi.PIDFD_SELF;
import static org.samepage.selftests.sys.Abi.PROT_EXEC;
import static org.samepage.selftests.sys.Abi.PROT_NONE;
import static org.samepage.selftests.sys.Abi.PROT_READ;

import java.util.ArrayList;
import java.util.List;
import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.Errno;
import org.samepage.selftests.sys.Extent;

/** Guards in one mapping and in several, and mappings that split and merge under them. */
final class GuardBasics {
  private static final int PAGES = 10;

  private GuardBasics() {}

  static void basic(GuardFixture f) throws SyscallException {
    long addr = f.map(PAGES, RW);
    f.guards(addr, 1, GuardFixture::none);
    f.install(addr, 0, 1);
    f.guards(addr, PAGES, page -> page == 0);
    f.install(addr, PAGES - 1, 1);
    f.guards(addr, PAGES, page -> page == 0 || page == PAGES - 1);
    f.remove(addr, 0, 1);
    f.guards(addr, PAGES, page -> page == PAGES - 1);
    f.remove(addr, PAGES - 1, 1);
    f.guards(addr, PAGES, GuardFixture::none);
    f.install(addr, 0, 3); // over pages that are there
    f.guards(addr, PAGES, page -> page < 3);
    f.remove(addr, 0, PAGES);
    f.guards(addr, PAGES, GuardFixture::none);
    f.remove(addr, 0, PAGES); // which takes nothing away
    for (int page = 0; page < PAGES; page++) {
      f.t.same('x', f.p.read(addr + page * PAGE_SIZE, 1)[0], "page " + page);
    }
    f.unmap(addr, 0, PAGES);
  }

  /**
   * Mappings of pages 0 to 9, 50 to 54 and 80 to 99: holes make the call fail, but after it all.
   */
  static void multiVma(GuardFixture f) {
    long region = f.map(100, PROT_NONE);
    f.mapOver(region, 10, RW);
    f.mapOver(region + 50 * PAGE_SIZE, 5, RW);
    f.mapOver(region + 80 * PAGE_SIZE, 20, RW);
    f.unmap(region, 10, 40);
    f.unmap(region, 55, 25);

    f.t.fails(Errno.ENOMEM, f.advise(region, 0, 100, MADV_GUARD_INSTALL), "MADV_GUARD_INSTALL");
    inEach(f, region, true);
    f.t.fails(Errno.ENOMEM, f.advise(region, 0, 100, MADV_GUARD_REMOVE), "MADV_GUARD_REMOVE");
    inEach(f, region, false);

    f.mapOver(region + 10 * PAGE_SIZE, 40, RW | PROT_EXEC);
    f.mapOver(region + 55 * PAGE_SIZE, 25, RW | PROT_EXEC);
    f.install(region, 0, 100);
    f.guards(region, 100, GuardFixture::all);
    f.remove(region, 0, 100);
    f.guards(region, 100, GuardFixture::none);
    f.unmap(region, 0, 100);
  }

  private static void inEach(GuardFixture f, long region, boolean guarded) {
    f.guards(region, 10, page -> guarded);
    f.guards(region + 50 * PAGE_SIZE, 5, page -> guarded);
    f.guards(region + 80 * PAGE_SIZE, 20, page -> guarded);
  }

  /** The first and the last page of three mappings, in one call. */
  static void processMadvise(GuardFixture f) {
    long region = f.map(100, PROT_NONE);
    long first = region + PAGE_SIZE;
    f.mapAt(first, 10, RW, MAP_FIXED | MAP_POPULATE, 0);
    long second = f.mapOver(region + 50 * PAGE_SIZE, 5, RW);
    long third = f.mapOver(region + 79 * PAGE_SIZE, 20, RW);
    f.unmap(region, 0, 1);
    f.unmap(region, 11, 39);
    f.unmap(region, 55, 24);
    f.unmap(region, 99, 1);
    List<Extent> vector = new ArrayList<>();
    ends(vector, first, 10);
    ends(vector, second, 5);
    ends(vector, third, 20);

    long count = f.p.processMadvise(PIDFD_SELF, vector, MADV_GUARD_INSTALL, 0);
    if (count == -Errno.EPERM) {
      throw f.t.skip("No process_madvise() permissions, try running as root.");
    }
    f.t.same(6 * PAGE_SIZE, count, "process_madvise");
    f.guards(first, 10, page -> page == 0 || page == 9);
    f.guards(second, 5, page -> page == 0 || page == 4);
    f.guards(third, 20, page -> page == 0 || page == 19);

    count = f.p.processMadvise(PIDFD_SELF, vector, MADV_GUARD_REMOVE, 0);
    f.t.same(6 * PAGE_SIZE, count, "process_madvise");
    f.guards(first, 10, GuardFixture::none);
    f.guards(second, 5, GuardFixture::none);
    f.guards(third, 20, GuardFixture::none);
  }

  private static void ends(List<Extent> vector, long addr, long pages) {
    vector.add(Extent.of(addr, PAGE_SIZE));
    vector.add(Extent.of(addr + (pages - 1) * PAGE_SIZE, PAGE_SIZE));
  }

  static void munmap(GuardFixture f) {
    long addr = f.map(PAGES, RW);
    f.install(addr, 0, 1);
    f.install(addr, 9, 1);
    f.guarded(addr, 0);
    f.guarded(addr, 9);
    f.unmap(addr, 0, 1);
    f.unmap(addr, 9, 1);
    f.mapOver(addr, 1, RW);
    f.mapOver(addr + 9 * PAGE_SIZE, 1, RW);
    f.guards(addr, PAGES, GuardFixture::none);
    f.unmap(addr, 0, PAGES);
  }

  static void mprotect(GuardFixture f) {
    long addr = f.map(PAGES, RW);
    f.install(addr, 5, 2);
    f.guarded(addr, 5);
    f.guarded(addr, 6);
    f.protect(addr, 5, 2, PROT_READ);
    f.guardsForReading(addr, PAGES, page -> page == 5 || page == 6);
    f.install(addr, 5, 2);
    f.guardsForReading(addr, PAGES, page -> page == 5 || page == 6);
    f.remove(addr, 0, PAGES);
    f.guardsForReading(addr, PAGES, GuardFixture::none);
    f.unmap(addr, 0, PAGES);
  }

  static void splitMerge(GuardFixture f) {
    long addr = f.map(PAGES, RW);
    f.install(addr, 0, PAGES);
    f.guards(addr, PAGES, GuardFixture::all);
    for (int page : new int[] {2, 5, 8}) {
      f.unmap(addr, page, 1);
    }
    f.guards(addr, PAGES, GuardFixture::all); // or not mapped
    for (int page : new int[] {2, 5, 8}) {
      f.mapOver(addr + page * PAGE_SIZE, 1, RW);
    }
    f.guards(addr, PAGES, page -> page % 3 != 2);
    f.install(addr, 0, PAGES);
    f.guards(addr, PAGES, GuardFixture::all);

    split(f, addr, PROT_READ);
    f.guardsForReading(addr, PAGES, GuardFixture::all);
    split(f, addr, RW);
    f.guards(addr, PAGES, GuardFixture::all);
    split(f, addr, PROT_READ);
    f.remove(addr, 0, PAGES);
    f.guardsForReading(addr, PAGES, GuardFixture::none);
    split(f, addr, RW);
    f.guards(addr, PAGES, GuardFixture::none);
    f.unmap(addr, 0, PAGES);
  }

  /** Another protection for three pages at each end. */
  private static void split(GuardFixture f, long addr, int prot) {
    f.protect(addr, 0, 3, prot);
    f.protect(addr, 7, 3, prot);
  }
}
