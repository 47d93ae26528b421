// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.selftests.sys.Abi.MREMAP_FIXED;
import static org.samepage.selftests.sys.Abi.MREMAP_MAYMOVE;
import static org.samepage.selftests.sys.Abi.PROT_READ;
import static org.samepage.selftests.sys.Abi.PROT_WRITE;

import java.util.Arrays;
import org.samepage.machine.SyscallException;
import org.samepage.selftests.run.TestRun;
import org.samepage.selftests.sys.TestProcess;

/** mremap that expands into a hole, and mremap that must leave its neighbours alone. */
final class MremapCases {
  static final int RW = PROT_READ | PROT_WRITE;
  private static final long KB = 1 << 10;
  private static final long MB = 1 << 20;

  private MremapCases() {}

  static void expandMerge(TestRun t) {
    TestProcess p = t.process();
    long start = t.map(3, RW);
    t.same(0, p.munmap(start + PAGE_SIZE, PAGE_SIZE), "munmap");
    t.same(start, p.mremap(start, PAGE_SIZE, 2 * PAGE_SIZE, 0, 0), "mremap");
    t.oneVma(p, start, 3);
  }

  static void expandMergeOffset(TestRun t) {
    TestProcess p = t.process();
    long start = t.map(3, RW);
    t.same(0, p.munmap(start + 2 * PAGE_SIZE, PAGE_SIZE), "munmap");
    long second = start + PAGE_SIZE;
    t.same(second, p.mremap(second, PAGE_SIZE, 2 * PAGE_SIZE, 0, 0), "mremap");
    t.oneVma(p, start, 3);
  }

  /** The second MiB of four moves over the second of the two before: |DDDDddddSSSSssss|. */
  static void moveWithinRange(TestRun t) throws SyscallException {
    TestProcess p = t.process();
    long size = 20 * MB;
    long range = t.map(bytesToPages(size), RW);
    p.fill(range, size, 0);
    long source = (range + 6 * MB) & -(2 * MB);
    p.write(source, Pattern.bytes(2 * MB));
    moveOneMb(t, source, source - 2 * MB);
  }

  /** The destination, aligned down, lies where nothing is mapped. */
  static void move1mbFromStart(TestRun t) throws SyscallException {
    TestProcess p = t.process();
    long alignment = MB + 256 * KB;
    long source = t.ok(RegionMove.sourceMapping(t, alignment, 6 * MB), "the source");
    long dest = t.ok(RegionMove.sourceMapping(t, alignment, 6 * MB), "the destination");
    p.write(source, Pattern.bytes(2 * MB));
    t.same(0, p.munmap(dest, MB), "munmap");
    moveOneMb(t, source, dest);
  }

  /** Moves the second MiB; the first must stay as it is, and the moved one arrive. */
  private static void moveOneMb(TestRun t, long source, long dest) throws SyscallException {
    TestProcess p = t.process();
    int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
    t.same(dest + MB, p.mremap(source + MB, MB, MB, flags, dest + MB), "mremap");
    byte[] pattern = Pattern.bytes(2 * MB);
    t.yes(
        Arrays.equals(pattern, 0, (int) MB, p.read(source, (int) MB), 0, (int) MB),
        "what was not moved is as it was");
    t.yes(
        Arrays.equals(pattern, (int) MB, (int) (2 * MB), p.read(dest + MB, (int) MB), 0, (int) MB),
        "what was moved has arrived");
  }
}
