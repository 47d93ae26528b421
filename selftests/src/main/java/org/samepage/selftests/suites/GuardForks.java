// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.suites.GuardFixture.RW;
import static org.samepage.selftests.sys.Abi.MADV_GUARD_INSTALL;
import static org.samepage.selftests.sys.Abi.MADV_GUARD_REMOVE;
import static org.samepage.selftests.sys.Abi.MADV_WIPEONFORK;

import java.util.Arrays;
import org.samepage.machine.SyscallException;
import org.samepage.selftests.sys.TestProcess;

/** Guards in parents and children. */
final class GuardForks {
  private static final int PAGES = 10;
  private static final long SIZE = PAGES * PAGE_SIZE;

  private GuardForks() {}

  static void fork(GuardFixture f) {
    long addr = f.map(PAGES, RW);
    f.install(addr, 0, 5);
    TestProcess child = f.p.fork();
    f.guards(child, addr, PAGES, page -> page < 5);
    f.t.same(0, child.madvise(addr, SIZE, MADV_GUARD_REMOVE), "MADV_GUARD_REMOVE");
    f.guards(child, addr, PAGES, GuardFixture::none);
    child.exit();
    f.guards(addr, PAGES, page -> page < 5);
    f.unmap(addr, 0, PAGES);
  }

  static void forkCow(GuardFixture f) throws SyscallException {
    if (!f.isAnon()) {
      throw f.t.skip("CoW only supported on anon mappings");
    }
    long addr = f.map(PAGES, RW);
    byte[] letters = new byte[(int) SIZE];
    for (int i = 0; i < letters.length; i++) {
      letters[i] = (byte) ('a' + i % 26);
    }
    f.p.write(addr, letters);
    TestProcess child = f.p.fork();
    f.t.yes(Arrays.equals(letters, child.read(addr, letters.length)), "the child's bytes");
    f.t.same(0, child.madvise(addr, SIZE, MADV_GUARD_INSTALL), "MADV_GUARD_INSTALL");
    f.t.same(0, child.madvise(addr, SIZE, MADV_GUARD_REMOVE), "MADV_GUARD_REMOVE");
    f.t.allBytes(child, addr, SIZE, 0, "the child's pages afterwards");
    child.exit();
    f.t.yes(Arrays.equals(letters, f.p.read(addr, letters.length)), "the parent's bytes");
    f.unmap(addr, 0, PAGES);
  }

  static void forkWipeonfork(GuardFixture f) {
    if (!f.isAnon()) {
      throw f.t.skip("Wipe on fork only supported on anon mappings");
    }
    long addr = f.map(PAGES, RW);
    f.t.same(0, f.advise(addr, 0, PAGES, MADV_WIPEONFORK), "MADV_WIPEONFORK");
    f.install(addr, 0, 5);
    TestProcess child = f.p.fork();
    f.guards(child, addr, PAGES, GuardFixture::none);
    child.exit();
    f.guards(addr, PAGES, page -> page < 5);
    f.unmap(addr, 0, PAGES);
  }
}
