// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.sys.Abi.MADV_GUARD_INSTALL;
import static org.samepage.selftests.sys.Abi.MADV_GUARD_REMOVE;
import static org.samepage.selftests.sys.Abi.MAP_ANONYMOUS;
import static org.samepage.selftests.sys.Abi.MAP_FIXED;
import static org.samepage.selftests.sys.Abi.MAP_FIXED_NOREPLACE;
import static org.samepage.selftests.sys.Abi.MAP_PRIVATE;
import static org.samepage.selftests.sys.Abi.MAP_SHARED;
import static org.samepage.selftests.sys.Abi.PROT_READ;
import static org.samepage.selftests.sys.Abi.PROT_WRITE;

import java.util.function.IntPredicate;
import org.samepage.machine.SyscallException;
import org.samepage.selftests.run.TestRun;
import org.samepage.selftests.sys.TestProcess;

/**
 * What the cases about guard regions share: a file behind the mappings, if any, and ways to look
 * whether pages are guarded. Addresses are bytes, page numbers count from an address.
 */
final class GuardFixture {
  static final int RW = PROT_READ | PROT_WRITE;
  private static final int FILE_PAGES = 100;

  /** What the mappings are of. */
  enum Backing {
    ANON("a"),
    SHMEM("s"),
    FILE("f");

    /** What the ids of its cases end with. */
    final String letter;

    Backing(String letter) {
      this.letter = letter;
    }
  }

  final TestRun t;
  final TestProcess p;
  final Backing backing;
  long fd = -1;

  GuardFixture(TestRun t, Backing backing) {
    this.t = t;
    this.p = t.process();
    this.backing = backing;
    if (backing != Backing.ANON) {
      fd = t.ok(backing == Backing.SHMEM ? p.memfdCreate(0) : p.createFile(), "the file");
      truncate(FILE_PAGES);
    }
  }

  boolean isAnon() {
    return backing == Backing.ANON;
  }

  void truncate(long pages) {
    t.same(0, p.ftruncate(fd, pages * PAGE_SIZE), "ftruncate");
  }

  /** Maps pages at a new place. */
  long map(long pages, int prot) {
    return mapAt(t.place(), pages, prot, MAP_FIXED_NOREPLACE, 0);
  }

  /** Maps pages over what is there. */
  long mapOver(long addr, long pages, int prot) {
    return mapAt(addr, pages, prot, MAP_FIXED, 0);
  }

  long mapAt(long addr, long pages, int prot, int flags, long offset) {
    int kind = isAnon() ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    t.same(
        addr, p.mmap(addr, pages * PAGE_SIZE, prot, kind | flags, fd, offset * PAGE_SIZE), "mmap");
    return addr;
  }

  void unmap(long addr, long page, long pages) {
    t.same(0, p.munmap(addr + page * PAGE_SIZE, pages * PAGE_SIZE), "munmap");
  }

  void protect(long addr, long page, long pages, int prot) {
    t.same(0, p.mprotect(addr + page * PAGE_SIZE, pages * PAGE_SIZE, prot), "mprotect");
  }

  long advise(long addr, long page, long pages, int advice) {
    return p.madvise(addr + page * PAGE_SIZE, pages * PAGE_SIZE, advice);
  }

  void install(long addr, long page, long pages) {
    t.same(0, advise(addr, page, pages, MADV_GUARD_INSTALL), "MADV_GUARD_INSTALL");
  }

  void remove(long addr, long page, long pages) {
    t.same(0, advise(addr, page, pages, MADV_GUARD_REMOVE), "MADV_GUARD_REMOVE");
  }

  /** Guards every even page of ten. */
  void installEven(long addr) {
    for (int page = 0; page < 10; page += 2) {
      install(addr, page, 1);
    }
  }

  /** Reading and writing a page ends with SIGSEGV each. */
  void guarded(TestProcess of, long addr, long page) {
    t.reads(of, addr + page * PAGE_SIZE, false, "page " + page);
    t.writes(of, addr + page * PAGE_SIZE, false, "page " + page);
  }

  void guarded(long addr, long page) {
    guarded(p, addr, page);
  }

  /** Of some pages these are guarded, and all others can be read and written. */
  void guards(TestProcess of, long addr, int pages, IntPredicate which) {
    for (int page = 0; page < pages; page++) {
      if (which.test(page)) {
        guarded(of, addr, page);
      } else {
        t.reads(of, addr + page * PAGE_SIZE, true, "page " + page);
        t.writes(of, addr + page * PAGE_SIZE, true, "page " + page);
      }
    }
  }

  void guards(long addr, int pages, IntPredicate which) {
    guards(p, addr, pages, which);
  }

  /** The same, by reading alone. */
  void guardsForReading(long addr, int pages, IntPredicate which) {
    for (int page = 0; page < pages; page++) {
      t.reads(p, addr + page * PAGE_SIZE, !which.test(page), "page " + page);
    }
  }

  static boolean all(int page) {
    return true;
  }

  static boolean none(int page) {
    return false;
  }

  static boolean even(int page) {
    return page % 2 == 0;
  }

  /** Fills each page with a letter of its own. */
  void setPattern(long addr, int pages) throws SyscallException {
    for (int page = 0; page < pages; page++) {
      p.fill(addr + page * PAGE_SIZE, PAGE_SIZE, letter(page));
    }
  }

  void checkPattern(long addr, int from, int to) throws SyscallException {
    for (int page = from; page < to; page++) {
      holds(addr, page, letter(page));
    }
  }

  /** Every byte of a page is this one. */
  void holds(long addr, int page, int value) throws SyscallException {
    t.allBytes(p, addr + page * PAGE_SIZE, PAGE_SIZE, value, "page " + page);
  }

  static int letter(int page) {
    return 'a' + page % 26;
  }
}
