// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_BYTES;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.suites.MremapCases.RW;
import static org.samepage.selftests.sys.Abi.MAP_FIXED;
import static org.samepage.selftests.sys.Abi.MREMAP_DONTUNMAP;
import static org.samepage.selftests.sys.Abi.MREMAP_FIXED;
import static org.samepage.selftests.sys.Abi.MREMAP_MAYMOVE;
import static org.samepage.selftests.sys.Abi.PROT_NONE;

import java.util.Arrays;
import org.samepage.machine.SyscallException;
import org.samepage.selftests.run.TestRun;
import org.samepage.selftests.sys.TestProcess;

/** One mremap over several VMAs and the holes between them. Page i holds the i-th page of bytes. */
final class MremapMany {
  private static final int PAGES = 11;
  private static final byte[] PATTERN = Pattern.bytes(PAGES * PAGE_SIZE);

  private MremapMany() {}

  static void shrink(TestRun t, boolean inPlace) {
    TestProcess p = t.process();
    long size = 10 * PAGE_SIZE;
    long from = t.map(10, RW);
    long to = t.place();
    punch(t, from, 1, 3, 5, 7, 9);
    long result =
        inPlace
            ? p.mremap(from, size, PAGE_SIZE, 0, 0)
            : p.mremap(from, size, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
    t.same(inPlace ? from : to, result, "mremap");
    t.oneVma(p, inPlace ? from : to, 1);
    for (int page = 2; page < 10; page += 2) {
      t.yes(p.vma(from + page * PAGE_SIZE) == null, "page " + page + " is unmapped");
    }
  }

  static void move(TestRun t, boolean dontunmap) throws SyscallException {
    TestProcess p = t.process();
    long size = PAGES * PAGE_SIZE;
    long from = t.map(PAGES, RW);
    long to = t.place();
    punch(t, from, 1, 3, 7, 9);
    int[] pages = {0, 2, 4, 5, 6, 8, 10};
    write(p, from, pages);
    remap(t, from, size, to, dontunmap);
    holds(t, to, 0, pages);
    remap(t, to, size, to + size, dontunmap);
    holds(t, to + size, 0, pages);
    t.same(to, TestRun.mapAt(p, to, PAGES, PROT_NONE, MAP_FIXED), "mmap over the target");
    remap(t, to + size, size, to, dontunmap);
    holds(t, to, 0, pages);
  }

  /** Pages 2 to 8 of two VMAs, so both are split; upstream does not fail where the bytes differ. */
  static void moveSplit(TestRun t, boolean dontunmap) throws SyscallException {
    TestProcess p = t.process();
    long from = t.map(10, RW);
    long to = t.place();
    punch(t, from, 5);
    write(p, from, 0, 1, 2, 3, 4, 6, 7, 8, 9);
    remap(t, from + 2 * PAGE_SIZE, 7 * PAGE_SIZE, to, dontunmap);
    holds(t, to, 2, 2, 3, 4, 6, 7, 8);
    t.yes(p.vma(to + 3 * PAGE_SIZE) == null, "the hole has moved along");
    holds(t, from, 0, 0, 1, 9);
  }

  private static void punch(TestRun t, long addr, int... pages) {
    for (int page : pages) {
      t.same(0, t.process().munmap(addr + page * PAGE_SIZE, PAGE_SIZE), "munmap");
    }
  }

  private static void remap(TestRun t, long from, long size, long to, boolean dontunmap) {
    int flags = MREMAP_MAYMOVE | MREMAP_FIXED | (dontunmap ? MREMAP_DONTUNMAP : 0);
    t.same(to, t.process().mremap(from, size, size, flags, to), "mremap");
  }

  private static void write(TestProcess p, long addr, int... pages) throws SyscallException {
    for (int page : pages) {
      p.write(addr + page * PAGE_SIZE, part(page));
    }
  }

  /** These pages are there, the first of all at {@code first}. */
  private static void holds(TestRun t, long addr, int first, int... pages) throws SyscallException {
    for (int page : pages) {
      byte[] seen = t.process().read(addr + (page - first) * PAGE_SIZE, PAGE_BYTES);
      t.yes(Arrays.equals(part(page), seen), "page %d holds its bytes".formatted(page));
    }
  }

  private static byte[] part(int page) {
    return Arrays.copyOfRange(PATTERN, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  }
}
