// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.suites.GuardFixture.RW;
import static org.samepage.selftests.sys.Abi.MREMAP_FIXED;
import static org.samepage.selftests.sys.Abi.MREMAP_MAYMOVE;
import static org.samepage.selftests.sys.Abi.PROT_NONE;

/** Guards under mremap: they stay where they are in the mapping, as long as it is that long. */
final class GuardMoves {
  private GuardMoves() {}

  static void mremapMove(GuardFixture f) {
    long addr = guardedAtEnds(f, f.map(5, RW));
    long to = f.map(5, PROT_NONE);
    remap(f, addr, 5, 5, MREMAP_MAYMOVE | MREMAP_FIXED, to);
    f.guards(to, 5, page -> page == 0 || page == 4);
  }

  static void mremapExpand(GuardFixture f) {
    long addr = f.map(10, RW);
    f.unmap(addr, 5, 5);
    guardedAtEnds(f, addr);
    remap(f, addr, 5, 10, 0, addr);
    f.guards(addr, 10, page -> page == 0 || page == 4);
    long to = f.map(20, PROT_NONE);
    remap(f, addr, 10, 20, MREMAP_MAYMOVE | MREMAP_FIXED, to);
    f.guards(to, 20, page -> page == 0 || page == 4);
  }

  static void mremapShrink(GuardFixture f) {
    long addr = guardedAtEnds(f, f.map(5, RW));
    remap(f, addr, 5, 3, MREMAP_MAYMOVE, addr);
    f.guards(addr, 3, page -> page == 0);
    remap(f, addr, 3, 5, 0, addr);
    f.guards(addr, 5, page -> page == 0);
  }

  /** Guards the first and the last of five pages. */
  private static long guardedAtEnds(GuardFixture f, long addr) {
    f.install(addr, 0, 1);
    f.install(addr, 4, 1);
    f.guards(addr, 5, page -> page == 0 || page == 4);
    return addr;
  }

  private static void remap(
      GuardFixture f, long addr, long pages, long newPages, int flags, long to) {
    f.t.same(to, f.p.mremap(addr, pages * PAGE_SIZE, newPages * PAGE_SIZE, flags, to), "mremap");
  }
}
