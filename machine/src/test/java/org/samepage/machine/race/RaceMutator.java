// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.race;

import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.mm.units.PageUnits.PAGE_BYTES;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pagesToBytes;
import static org.samepage.mm.units.PageUnits.pteIndex;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.fault.parts.KsmZeroPages;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;

/**
 * One thread's system calls on a window of pages that nobody else writes to, and what those pages
 * must hold; and on pages that everybody drops and writes, which hold zeros or what was written.
 */
final class RaceMutator {
  /** Where the windows are: at the border of two page tables. */
  private static final int WINDOWS = 500;

  private static final int WINDOWS_END = 536;

  /** Numbers of operations; and how many there are. */
  static final int WRITE = 11;

  static final int CHECK = 10;
  static final int WRITE_FROM_OUTSIDE = 8;
  static final int DONTNEED = 4;
  static final int DROP = 9;

  static final int OPERATIONS = 12;

  private static final int MOST_PAGES = 12;
  private static final int FIRST_WINDOW = 506;
  private static final int DROPPED = 1024;
  private static final int DROPPED_PAGES = 512;
  private static final int READ = 1;
  private static final int UNMAPPED = -1;
  private static final int ZEROS = 0;
  private static final long NANOS = 5_000_000;

  private final TestMachine m;
  private final RacePlan plan;
  private final SplittableRandom random;
  private final int base;
  private final boolean alone;
  private volatile UserProcess process;
  private int[] model;
  private static final byte[][] ALL_CONTENTS = new byte[RacePlan.MOST_CONTENTS + 1][PAGE_BYTES];

  static {
    for (int i = 1; i < ALL_CONTENTS.length; i++) {
      ALL_CONTENTS[i] = TestMachine.content(i);
    }
  }

  /** What pages can hold; the first is zeros. */
  private final byte[][] contents;

  private final byte[] buffer = new byte[PAGE_BYTES];
  private int from;
  private int to;

  /**
   * A thread of a process.
   *
   * @param alone whether the process has no other
   */
  RaceMutator(TestMachine m, RacePlan plan, int index, UserProcess process, boolean alone) {
    this.m = m;
    this.plan = plan;
    this.random = new SplittableRandom(plan.seed() * 31 + index);
    this.base = FIRST_WINDOW + (alone ? 0 : index % 2 * MOST_PAGES);
    this.alone = alone;
    this.process = process;
    this.model = new int[plan.pages()];
    this.contents = Arrays.copyOf(ALL_CONTENTS, plan.contents() + 1);
  }

  /** A process for one or more of these threads. */
  static UserProcess newProcess(TestMachine m, RacePlan plan) throws SyscallException {
    UserProcess process = m.machine.newProcess();
    long first = plan.huge() ? page(0) : page(WINDOWS);
    long windows = plan.huge() ? 2 * PMD_SIZE : pagesToBytes(WINDOWS_END - WINDOWS);
    process.mmap(first, windows, RW, true);
    if (plan.huge()) {
      process.madvise(first, windows, Advice.HUGEPAGE);
    }
    process.madvise(first, windows, Advice.MERGEABLE);
    process.mmap(page(DROPPED), pagesToBytes(DROPPED_PAGES), RW, true);
    if (plan.mergesDropped()) {
      process.madvise(page(DROPPED), pagesToBytes(DROPPED_PAGES), Advice.MERGEABLE);
    }
    return process;
  }

  /** The process, for those who act on it from outside. */
  UserProcess process() {
    return process;
  }

  /** Pages where others find something to move; where pages are dropped, often one of those. */
  long somePage(SplittableRandom others) {
    if (plan.weights().get(DROP) > 0 && others.nextInt(3) == 0) {
      return page(DROPPED + others.nextInt(2));
    }
    return page(base + others.nextInt(plan.pages()));
  }

  /** Writes to all pages, for a start. */
  void begin() throws SyscallException {
    write(0, model.length);
  }

  void run(int operations) throws SyscallException {
    for (int i = 0; i < operations; i++) {
      m.machine.clock().advanceNanos(NANOS);
      step();
    }
    checkAll();
  }

  private void step() throws SyscallException {
    from = random.nextInt(model.length);
    to = Math.min(model.length, from + 1 + random.nextInt(6));
    if (plan.huge() && random.nextInt(4) == 0) {
      changeHugePages();
      return;
    }
    switch (nextOperation()) {
      case 0 -> unmap();
      case 1 -> mapHoles();
      case 2 -> adviseWhereMapped(Advice.MERGEABLE);
      case 3 -> unmerge();
      case DONTNEED -> dontneed();
      case 5 -> move();
      case 6 -> fork();
      case 7 -> restart();
      case WRITE_FROM_OUTSIDE -> writeFromOutside();
      case DROP -> drop();
      case CHECK -> checkAll();
      default -> write(from, to);
    }
  }

  private int nextOperation() {
    int at = random.nextInt(plan.weights().stream().mapToInt(Integer::intValue).sum());
    int operation = 0;
    while (at >= plan.weights().get(operation)) {
      at -= plan.weights().get(operation++);
    }
    return operation;
  }

  private boolean isMapped() {
    for (int i = from; i < to; i++) {
      if (model[i] == UNMAPPED) {
        return false;
      }
    }
    return true;
  }

  private long at(int index) {
    return page(base + index);
  }

  private long bytes() {
    return pagesToBytes(to - from);
  }

  private void unmap() throws SyscallException {
    process.munmap(at(from), bytes());
    Arrays.fill(model, from, to, UNMAPPED);
  }

  private void mapHoles() throws SyscallException {
    for (int i = 0; i < model.length; i++) {
      if (model[i] == UNMAPPED) {
        process.mmap(at(i), PAGE_SIZE, RW, true);
        process.madvise(at(i), PAGE_SIZE, Advice.MERGEABLE);
        if (plan.huge()) {
          process.madvise(at(i), PAGE_SIZE, Advice.HUGEPAGE);
        }
        model[i] = ZEROS;
      }
    }
  }

  private void adviseWhereMapped(Advice advice) throws SyscallException {
    if (isMapped()) {
      process.madvise(at(from), bytes(), advice);
    }
  }

  /** Afterwards no page of the range is merged; but one that was swapped out may come back so. */
  private void unmerge() throws SyscallException {
    if (!isMapped()) {
      return;
    }
    process.madvise(at(from), bytes(), Advice.UNMERGEABLE);
    for (int i = from; i < to && plan.reclaims() == 0 && !plan.huge(); i++) {
      if (isMerged(at(i))) {
        throw new AssertionError("page " + i + " is merged, and not mergeable");
      }
    }
    if (random.nextBoolean()) {
      process.madvise(at(from), bytes(), Advice.MERGEABLE);
    }
  }

  private boolean isMerged(long addr) {
    PageTable table = process.mm().pgTables.pteTable(addr);
    long pte = table == null ? 0 : table.getLockless(pteIndex(addr));
    return Pte.ptePresent(pte)
        && (KsmZeroPages.isKsmZeroPte(pte)
            || m.machine.memory().folios().folioTestKsm((int) Pte.ptePfn(pte)));
  }

  private void dontneed() throws SyscallException {
    if (isMapped()) {
      process.madvise(at(from), bytes(), Advice.DONTNEED);
      Arrays.fill(model, from, to, ZEROS);
    }
  }

  private void move() throws SyscallException {
    int target = random.nextInt(model.length - (to - from) + 1);
    if (isMapped() && (target >= to || target + to - from <= from)) {
      process.mremap(
          at(from), bytes(), bytes(), Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED, at(target));
      System.arraycopy(model, from, model, target, to - from);
      Arrays.fill(model, from, to, UNMAPPED);
    }
  }

  /** The child writes what the parent must not see; where that can be, one of the two goes on. */
  private void fork() throws SyscallException {
    UserProcess child = process.fork();
    int[] childs = model.clone();
    for (int i = from; i < to; i++) {
      if (model[i] != UNMAPPED) {
        check(child, i);
        childs[i] = writeTo(child, i);
        check(process, i);
      }
    }
    if (alone && random.nextInt(4) == 0) {
      UserProcess parent = process;
      process = child;
      model = childs;
      parent.exit();
    } else {
      child.exit();
    }
  }

  private void restart() throws SyscallException {
    if (alone) {
      UserProcess old = process;
      process = newProcess(m, plan);
      Arrays.fill(model, ZEROS);
      old.exit();
      write(0, model.length);
    }
  }

  private void writeFromOutside() throws SyscallException {
    if (model[from] != UNMAPPED) {
      int content = 1 + random.nextInt(plan.contents());
      expect(process.mem().pwrite(at(from), contents[content]) == PAGE_BYTES, "short write");
      model[from] = content;
      check(process, from);
    }
  }

  /** Collapses and splits what the window is in; the other windows' pages too. */
  private void changeHugePages() throws SyscallException {
    long table = page(0) + random.nextInt(2) * PMD_SIZE;
    switch (random.nextInt(7)) {
      case 0, 1, 2 -> collapse(table);
      case 3 -> adviseWhereMapped(Advice.COLD);
      case 4 -> adviseWhereMapped(Advice.PAGEOUT);
      case 5 -> {
        if (isMapped()) {
          process.mprotect(at(from), bytes(), READ);
          check(process, from);
          process.mprotect(at(from), bytes(), RW);
        }
      }
      default -> process.madvise(page(random.nextInt(WINDOWS - 8)), 8 * PAGE_SIZE, Advice.DONTNEED);
    }
  }

  /** Where a page is missing, or in use elsewhere, it fails; that is no matter. */
  private void collapse(long table) {
    try {
      process.madvise(table, PMD_SIZE, Advice.COLLAPSE);
    } catch (SyscallException e) {
      expect(List.of("EAGAIN", "EBUSY", "EINVAL", "ENOMEM").contains(e.error()), "" + e);
    }
  }

  /** A whole page table's worth of pages, which all threads of the process drop and write. */
  private void drop() throws SyscallException {
    long addr = page(DROPPED + random.nextInt(2));
    switch (random.nextInt(4)) {
      case 0 -> process.madvise(page(DROPPED), pagesToBytes(DROPPED_PAGES), Advice.DONTNEED);
      case 1 -> {
        process.readPage(addr, buffer);
        expect(
            Arrays.stream(contents).anyMatch(c -> Arrays.equals(c, buffer)),
            "a page that everybody writes holds what nobody wrote");
      }
      default -> process.writePage(addr, contents[1 + random.nextInt(plan.contents())]);
    }
  }

  private void write(int first, int end) throws SyscallException {
    for (int i = first; i < end; i++) {
      if (model[i] != UNMAPPED) {
        model[i] = writeTo(process, i);
      }
    }
  }

  private int writeTo(UserProcess writer, int index) throws SyscallException {
    int content = random.nextInt(contents.length);
    writer.writePage(at(index), contents[content]);
    return content;
  }

  /** Fails where a page of the window is not what was written last. */
  void checkAll() throws SyscallException {
    for (int i = 0; i < model.length; i++) {
      if (model[i] != UNMAPPED) {
        check(process, i);
      }
    }
  }

  private void check(UserProcess reader, int index) throws SyscallException {
    reader.readPage(at(index), buffer);
    expect(Arrays.equals(buffer, contents[model[index]]), "page " + index + " has changed");
  }

  private static void expect(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
