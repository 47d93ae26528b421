// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.suites.GuardFixture.RW;
import static org.samepage.selftests.sys.Abi.F_SEAL_WRITE;
import static org.samepage.selftests.sys.Abi.MADV_PAGEOUT;
import static org.samepage.selftests.sys.Abi.MADV_REMOVE;
import static org.samepage.selftests.sys.Abi.MADV_SEQUENTIAL;
import static org.samepage.selftests.sys.Abi.MAP_FIXED_NOREPLACE;
import static org.samepage.selftests.sys.Abi.MAP_PRIVATE;
import static org.samepage.selftests.sys.Abi.MFD_ALLOW_SEALING;
import static org.samepage.selftests.sys.Abi.PROT_READ;

import java.util.Arrays;
import org.samepage.machine.SyscallException;
import org.samepage.selftests.suites.GuardFixture.Backing;

/** Guards in mappings of files: what is behind them stays what it was. */
final class GuardFiles {
  private static final int PAGES = 10;

  private GuardFiles() {}

  private static void notAnon(GuardFixture f, String reason) {
    if (f.isAnon()) {
      throw f.t.skip(reason);
    }
  }

  static void madviseSequential(GuardFixture f) throws SyscallException {
    notAnon(f, "MADV_SEQUENTIAL meaningful only for file-backed");
    long addr = f.map(PAGES, RW);
    f.setPattern(addr, PAGES);
    f.checkPattern(addr, 0, PAGES);
    f.t.same(0, f.advise(addr, 0, PAGES, MADV_SEQUENTIAL), "MADV_SEQUENTIAL");
    f.installEven(addr);
    f.t.same(0, f.advise(addr, 0, PAGES, MADV_PAGEOUT), "MADV_PAGEOUT");
    for (int page = 0; page < PAGES; page++) {
      if (page % 2 == 0) {
        f.guarded(addr, page);
      } else {
        f.holds(addr, page, GuardFixture.letter(page));
      }
    }
    f.remove(addr, 0, PAGES);
    f.checkPattern(addr, 0, PAGES);
    f.unmap(addr, 0, PAGES);
  }

  static void mapPrivate(GuardFixture f) throws SyscallException {
    notAnon(f, "MAP_PRIVATE test specific to file-backed");
    long shared = f.map(PAGES, RW);
    long priv = f.t.place();
    f.t.same(
        priv,
        f.p.mmap(priv, PAGES * PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED_NOREPLACE, f.fd, 0),
        "mmap");
    f.setPattern(shared, PAGES);
    f.installEven(shared);
    f.guardsForReading(shared, PAGES, GuardFixture::even);
    f.guardsForReading(priv, PAGES, GuardFixture::none);
    f.installEven(priv);
    f.guardsForReading(shared, PAGES, GuardFixture::even);
    f.guardsForReading(priv, PAGES, GuardFixture::even);
    f.remove(shared, 0, PAGES);
    f.guardsForReading(shared, PAGES, GuardFixture::none);
    f.guardsForReading(priv, PAGES, GuardFixture::even);
    f.remove(priv, 0, PAGES);
    f.guardsForReading(shared, PAGES, GuardFixture::none);
    f.guardsForReading(priv, PAGES, GuardFixture::none);
    f.checkPattern(shared, 0, PAGES);
    f.checkPattern(priv, 0, PAGES);

    // odd pages get contents of their own, here with a letter that the file does not have
    for (int page = 1; page < PAGES; page += 2) {
      f.p.fill(priv + page * PAGE_SIZE, PAGE_SIZE, own(page));
    }
    f.install(priv, 0, 5);
    f.guardsForReading(priv, PAGES, page -> page < 5);
    f.guardsForReading(shared, PAGES, GuardFixture::none);
    f.remove(priv, 0, PAGES);
    for (int page = 0; page < PAGES; page++) {
      boolean ofFile = page < 5 || page % 2 == 0;
      f.holds(priv, page, ofFile ? GuardFixture.letter(page) : own(page));
    }
    f.checkPattern(shared, 0, PAGES);
    f.unmap(shared, 0, PAGES);
    f.unmap(priv, 0, PAGES);
  }

  private static int own(int page) {
    return 'A' + page;
  }

  static void readonlyFile(GuardFixture f) throws SyscallException {
    if (f.backing != Backing.FILE) {
      throw f.t.skip("Read-only test specific to file-backed");
    }
    long addr = f.map(PAGES, RW);
    f.setPattern(addr, PAGES);
    f.unmap(addr, 0, PAGES);
    f.fd = f.t.ok(f.p.reopenReadOnly(f.fd), "opening read-only");
    addr = f.map(PAGES, PROT_READ);
    f.installEven(addr);
    f.guardsForReading(addr, PAGES, GuardFixture::even);
    f.remove(addr, 0, PAGES);
    f.checkPattern(addr, 0, PAGES);
    f.unmap(addr, 0, PAGES);
  }

  /** A fault maps pages around it, too, but none that is guarded. */
  static void faultAround(GuardFixture f) throws SyscallException {
    notAnon(f, "Fault-around test specific to file-backed");
    long addr = f.map(PAGES, RW);
    f.setPattern(addr, PAGES);
    f.t.same(0, f.advise(addr, 0, PAGES, MADV_PAGEOUT), "MADV_PAGEOUT");
    f.unmap(addr, 0, PAGES);
    addr = f.map(PAGES, RW);
    f.installEven(addr);
    for (int page = 1; page < PAGES; page += 2) {
      f.t.reads(f.p, addr + page * PAGE_SIZE, true, "page " + page);
    }
    f.guardsForReading(addr, PAGES, GuardFixture::even);
    f.unmap(addr, 0, PAGES);
  }

  static void truncation(GuardFixture f) throws SyscallException {
    notAnon(f, "Truncation test specific to file-backed");
    long addr = f.map(PAGES, RW);
    f.setPattern(addr, PAGES);
    f.installEven(addr);
    f.guards(addr, PAGES, GuardFixture::even);
    f.truncate(PAGES);
    f.guards(addr, PAGES, GuardFixture::even);
    f.truncate(PAGES / 2);
    f.truncate(PAGES);
    f.guards(addr, PAGES, GuardFixture::even);
    f.unmap(addr, 0, PAGES);
  }

  static void holePunch(GuardFixture f) throws SyscallException {
    notAnon(f, "Truncation test specific to file-backed");
    long addr = f.map(PAGES, RW);
    f.setPattern(addr, PAGES);
    f.install(addr, 3, 4);
    f.guardsForReading(addr, PAGES, page -> page >= 3 && page < 7);
    f.t.same(0, f.advise(addr, 3, 4, MADV_REMOVE), "MADV_REMOVE");
    f.guardsForReading(addr, PAGES, page -> page >= 3 && page < 7);
    f.remove(addr, 0, PAGES);
    f.checkPattern(addr, 0, 3);
    for (int page = 3; page < 7; page++) {
      f.holds(addr, page, 0);
    }
    f.checkPattern(addr, 7, PAGES);
    f.unmap(addr, 0, PAGES);
  }

  static void memfdWriteSeal(GuardFixture f) throws SyscallException {
    if (f.backing != Backing.SHMEM) {
      throw f.t.skip("memfd write seal test specific to shmem");
    }
    f.t.same(0, f.p.close(f.fd), "close");
    f.fd = f.t.ok(f.p.memfdCreate(MFD_ALLOW_SEALING), "memfd_create");
    f.truncate(PAGES);
    long addr = f.map(PAGES, RW);
    f.setPattern(addr, PAGES);
    byte[] before = f.p.read(addr, (int) (PAGES * PAGE_SIZE));
    f.unmap(addr, 0, PAGES);
    f.t.same(0, f.p.addSeals(f.fd, F_SEAL_WRITE), "F_ADD_SEALS");
    addr = f.map(PAGES, PROT_READ);
    f.checkPattern(addr, 0, PAGES);
    f.installEven(addr);
    f.guardsForReading(addr, PAGES, GuardFixture::even);
    f.remove(addr, 0, PAGES);
    f.t.yes(Arrays.equals(before, f.p.read(addr, before.length)), "the file is as it was");
    for (int page = 0; page < PAGES; page++) {
      f.t.writes(f.p, addr + page * PAGE_SIZE, false, "page " + page);
    }
    f.unmap(addr, 0, PAGES);
  }
}
