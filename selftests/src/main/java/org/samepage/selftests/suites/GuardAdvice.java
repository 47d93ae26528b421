// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.suites.GuardFixture.RW;
import static org.samepage.selftests.sys.Abi.MADV_COLD;
import static org.samepage.selftests.sys.Abi.MADV_DONTNEED;
import static org.samepage.selftests.sys.Abi.MADV_FREE;
import static org.samepage.selftests.sys.Abi.MADV_GUARD_INSTALL;
import static org.samepage.selftests.sys.Abi.MADV_PAGEOUT;
import static org.samepage.selftests.sys.Abi.MADV_POPULATE_READ;
import static org.samepage.selftests.sys.Abi.MADV_POPULATE_WRITE;

import org.samepage.machine.SyscallException;
import org.samepage.mm.errno.Errno;
import org.samepage.selftests.suites.GuardFixture.Backing;
import org.samepage.selftests.sys.Uffd;

/** Guards under other advice, under mlock and under a userfaultfd. */
final class GuardAdvice {
  private static final int PAGES = 10;
  private static final long SIZE = PAGES * PAGE_SIZE;

  private GuardAdvice() {}

  static void dontneed(GuardFixture f) throws SyscallException {
    long addr = f.map(PAGES, RW);
    touch(f, addr);
    f.installEven(addr);
    f.t.same(0, f.advise(addr, 0, PAGES, MADV_DONTNEED), "MADV_DONTNEED");
    for (int page = 0; page < PAGES; page++) {
      if (page % 2 == 0) {
        f.guarded(addr, page);
      } else {
        byte seen = f.p.read(addr + page * PAGE_SIZE, 1)[0];
        f.t.same(f.isAnon() ? 0 : 'y', seen, "page " + page);
        f.t.writes(f.p, addr + page * PAGE_SIZE, true, "page " + page);
      }
    }
    f.unmap(addr, 0, PAGES);
  }

  private static void touch(GuardFixture f, long addr) throws SyscallException {
    for (int page = 0; page < PAGES; page++) {
      f.p.write(addr + page * PAGE_SIZE, new byte[] {'y'});
    }
  }

  static void mlock(GuardFixture f) throws SyscallException {
    long addr = f.map(PAGES, RW);
    touch(f, addr);
    f.t.same(0, f.p.mlock(addr, SIZE), "mlock");
    f.t.fails(Errno.EINVAL, f.advise(addr, 0, PAGES, MADV_GUARD_INSTALL), "MADV_GUARD_INSTALL");
    f.t.same(0, f.p.munlock(addr, SIZE), "munlock");
    f.install(addr, 0, 5);
    f.guards(addr, PAGES, page -> page < 5);
    for (int page = 5; page < PAGES; page++) {
      f.t.same('x', f.p.read(addr + page * PAGE_SIZE, 1)[0], "page " + page);
    }
    f.t.same(0, f.p.mlock(addr + SIZE / 2, SIZE / 2), "mlock");
    f.remove(addr, 0, PAGES); // destroys nothing, so a locked range may have it
    f.guards(addr, PAGES, GuardFixture::none);
    f.unmap(addr, 0, PAGES);
  }

  static void lazyfree(GuardFixture f) {
    if (!f.isAnon()) {
      throw f.t.skip("MADV_FREE only supported on anon mappings");
    }
    long addr = allGuarded(f);
    f.t.same(0, f.advise(addr, 0, PAGES, MADV_FREE), "MADV_FREE");
    f.guards(addr, PAGES, GuardFixture::all);
    f.unmap(addr, 0, PAGES);
  }

  private static long allGuarded(GuardFixture f) {
    long addr = f.map(PAGES, RW);
    f.install(addr, 0, PAGES);
    f.guards(addr, PAGES, GuardFixture::all);
    return addr;
  }

  static void populate(GuardFixture f) {
    long addr = f.map(PAGES, RW);
    f.install(addr, 0, PAGES);
    f.t.fails(Errno.EFAULT, f.advise(addr, 0, PAGES, MADV_POPULATE_READ), "MADV_POPULATE_READ");
    f.t.fails(Errno.EFAULT, f.advise(addr, 0, PAGES, MADV_POPULATE_WRITE), "MADV_POPULATE_WRITE");
    f.unmap(addr, 0, PAGES);
  }

  static void coldPageout(GuardFixture f) {
    long addr = allGuarded(f);
    f.t.same(0, f.advise(addr, 0, PAGES, MADV_COLD), "MADV_COLD");
    f.guards(addr, PAGES, GuardFixture::all);
    f.t.same(0, f.advise(addr, 0, PAGES, MADV_PAGEOUT), "MADV_PAGEOUT");
    f.guards(addr, PAGES, GuardFixture::all);
    f.unmap(addr, 0, PAGES);
  }

  /** An access to a guard is an error at once, and no missing page that somebody could bring. */
  static void uffd(GuardFixture f) {
    if (f.backing == Backing.FILE) {
      throw f.t.skip("uffd only works on anon backing");
    }
    Uffd uffd = f.p.userfaultfd();
    f.t.same(0, uffd.api(0), "UFFDIO_API");
    long addr = f.map(PAGES, RW);
    f.t.same(0, uffd.register(addr, SIZE, Uffd.REGISTER_MODE_MISSING), "UFFDIO_REGISTER");
    f.install(addr, 0, PAGES);
    f.guards(addr, PAGES, GuardFixture::all);
    f.t.same(0, uffd.unregister(addr, SIZE), "UFFDIO_UNREGISTER");
    uffd.close();
    f.unmap(addr, 0, PAGES);
  }
}
