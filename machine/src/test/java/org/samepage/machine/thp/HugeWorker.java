// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.testing.TestMachine;

/** One thread, and the process that it acts as. */
final class HugeWorker implements Runnable {
  static final int HUGE_PAGES = 2;
  static final int PAGES = HUGE_PAGES * 512;
  private static final long ELSEWHERE = 8 * 512;
  private static final int CONTENTS = 4;

  private final TestMachine m;
  private final SplittableRandom random;
  private final int operations;
  private final byte[][] contents = new byte[CONTENTS + 1][4096];
  private final byte[] buffer = new byte[4096];
  private int[] model = new int[PAGES];
  private volatile UserProcess process;
  private int from;
  private int count;

  HugeWorker(TestMachine m, long seed, int operations) throws SyscallException {
    this.m = m;
    this.random = new SplittableRandom(seed);
    this.operations = operations;
    for (int i = 1; i <= CONTENTS; i++) {
      contents[i] = TestMachine.content(i);
    }
    this.process = fresh();
  }

  private UserProcess fresh() throws SyscallException {
    UserProcess p = m.machine.newProcess();
    p.mmap(BASE, PAGES * 4096L, RW, true);
    p.madvise(BASE, PAGES * 4096L, Advice.HUGEPAGE);
    p.madvise(BASE, PAGES * 4096L, Advice.MERGEABLE);
    return p;
  }

  /** The process, for those who act on it from outside. */
  UserProcess process() {
    return process;
  }

  @Override
  public void run() {
    try {
      for (int i = 0; i < operations; i++) {
        step();
      }
      checkAll();
    } catch (SyscallException e) {
      throw new IllegalStateException(e);
    }
  }

  private void step() throws SyscallException {
    boolean whole = random.nextInt(3) == 0;
    from = whole ? 512 * random.nextInt(HUGE_PAGES) : random.nextInt(PAGES);
    count = whole ? 512 : Math.min(PAGES - from, 1 + random.nextInt(40));
    switch (random.nextInt(16)) {
      case 0 -> dontneed();
      case 1 -> protect();
      case 2 -> fork();
      case 3 -> collapse();
      case 4 -> advise(Advice.COLD);
      case 5 -> advise(Advice.PAGEOUT);
      case 6 -> migrate();
      case 7 -> moveAndBack();
      case 8 -> remap();
      case 9 -> m.machine.thp().deferredSplit().deferredSplitScan();
      case 10 -> advise(Advice.UNMERGEABLE);
      case 11 -> advise(Advice.MERGEABLE);
      case 12 -> checkAll();
      default -> write(process, model);
    }
  }

  private long bytes() {
    return count * 4096L;
  }

  private void advise(Advice advice) throws SyscallException {
    process.madvise(page(from), bytes(), advice);
  }

  private void dontneed() throws SyscallException {
    advise(Advice.DONTNEED);
    Arrays.fill(model, from, from + count, 0);
  }

  private void protect() throws SyscallException {
    process.mprotect(page(from), bytes(), 1);
    check(process, from);
    process.mprotect(page(from), bytes(), RW);
  }

  /** Where a page is in use elsewhere, or none is there, it fails; that is no matter. */
  private void collapse() {
    try {
      process.madvise(BASE, PAGES * 4096L, Advice.COLLAPSE);
    } catch (SyscallException e) {
      assertThat(e.error()).isIn("EAGAIN", "EINVAL");
    }
  }

  private void migrate() {
    try {
      process.migrateWithinNode(page(from), 4096);
    } catch (SyscallException e) {
      assertThat(e.error()).isEqualTo("EBUSY");
    }
  }

  private void moveAndBack() throws SyscallException {
    int flags = Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED;
    process.mremap(page(from), bytes(), bytes(), flags, page(ELSEWHERE));
    process.mremap(page(ELSEWHERE), bytes(), bytes(), flags, page(from));
  }

  private void remap() throws SyscallException {
    process.munmap(page(from), bytes());
    process.mmap(page(from), bytes(), RW, true);
    process.madvise(page(from), bytes(), Advice.HUGEPAGE);
    process.madvise(page(from), bytes(), Advice.MERGEABLE);
    Arrays.fill(model, from, from + count, 0);
  }

  /** The child writes what the parent must not see; one of the two goes on. */
  private void fork() throws SyscallException {
    UserProcess child = process.fork();
    int[] childs = model.clone();
    write(child, childs);
    checkSome(process, model);
    if (random.nextInt(4) == 0) {
      process.exit();
      process = child;
      model = childs;
    } else {
      child.exit();
    }
  }

  private void write(UserProcess p, int[] of) throws SyscallException {
    for (int i = from; i < from + Math.min(count, 12); i++) {
      int content = 1 + random.nextInt(CONTENTS);
      p.writePage(page(i), contents[content]);
      of[i] = content;
    }
  }

  void checkAll() throws SyscallException {
    for (int i = 0; i < PAGES; i++) {
      check(process, i);
    }
  }

  private void checkSome(UserProcess p, int[] of) throws SyscallException {
    for (int i = from; i < from + Math.min(count, 12); i++) {
      p.readPage(page(i), buffer);
      assertThat(Arrays.mismatch(buffer, contents[of[i]])).as("page " + i).isEqualTo(-1);
    }
  }

  private void check(UserProcess p, int index) throws SyscallException {
    p.readPage(page(index), buffer);
    assertThat(Arrays.mismatch(buffer, contents[model[index]]))
        .as("page " + index + " of content " + model[index])
        .isEqualTo(-1);
  }
}
