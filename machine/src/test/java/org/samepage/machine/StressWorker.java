// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.units.PageUnits;

/** One thread's operations on processes of its own, and what its pages must hold. */
final class StressWorker implements Runnable {
  private static final int PAGES = 64;
  private static final int CONTENTS = 6;
  private static final int UNMAPPED = -1;
  private static final int ZEROS = 0;

  private final TestMachine m;
  private final SplittableRandom random;
  private final int operations;
  private UserProcess process;

  /** For each page what it holds: a content's number, {@link #ZEROS} or {@link #UNMAPPED}. */
  private int[] model = new int[PAGES];

  private final byte[][] contents = new byte[CONTENTS + 1][PageUnits.PAGE_BYTES];
  private final byte[] buffer = new byte[PageUnits.PAGE_BYTES];
  private int from;
  private int to;

  StressWorker(TestMachine m, long seed, int operations) throws SyscallException {
    this.m = m;
    this.random = new SplittableRandom(seed);
    this.operations = operations;
    this.process = m.mergeable(PAGES);
    for (int i = 1; i <= CONTENTS; i++) {
      contents[i] = TestMachine.content(i);
    }
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
    from = random.nextInt(PAGES);
    to = Math.min(PAGES, from + 1 + random.nextInt(8));
    switch (random.nextInt(16)) {
      case 0 -> unmap();
      case 1, 2 -> mapHoles();
      case 3 -> protect();
      case 4 -> adviseWhereMapped(Advice.MERGEABLE);
      case 5 -> adviseWhereMapped(Advice.UNMERGEABLE);
      case 6 -> dontneed();
      case 7 -> move();
      case 8 -> fork();
      case 9 -> restart();
      case 10, 11 -> checkAll();
      default -> write();
    }
  }

  private boolean isMapped() {
    for (int i = from; i < to; i++) {
      if (model[i] == UNMAPPED) {
        return false;
      }
    }
    return true;
  }

  private long bytes() {
    return PageUnits.pagesToBytes(to - from);
  }

  private void unmap() throws SyscallException {
    process.munmap(page(from), bytes());
    Arrays.fill(model, from, to, UNMAPPED);
  }

  private void mapHoles() throws SyscallException {
    for (int i = 0; i < PAGES; i++) {
      if (model[i] == UNMAPPED) {
        process.mmap(page(i), PageUnits.PAGE_SIZE, RW, true);
        model[i] = ZEROS;
      }
    }
  }

  private void protect() throws SyscallException {
    if (isMapped()) {
      process.mprotect(page(from), bytes(), 1);
      assertThatThrownBy(() -> process.writeByte(page(from), (byte) 1))
          .isInstanceOf(SyscallException.class);
      check(process, from);
      process.mprotect(page(from), bytes(), RW);
    }
  }

  private void adviseWhereMapped(Advice advice) throws SyscallException {
    if (isMapped()) {
      process.madvise(page(from), bytes(), advice);
    }
  }

  private void dontneed() throws SyscallException {
    if (isMapped()) {
      process.madvise(page(from), bytes(), Advice.DONTNEED);
      Arrays.fill(model, from, to, ZEROS);
    }
  }

  private void move() throws SyscallException {
    int target = random.nextInt(PAGES - (to - from) + 1);
    if (isMapped() && (target >= to || target + to - from <= from)) {
      process.mremap(
          page(from), bytes(), bytes(), Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED, page(target));
      System.arraycopy(model, from, model, target, to - from);
      Arrays.fill(model, from, to, UNMAPPED);
    }
  }

  /** The child writes what the parent must not see; one of the two goes on. */
  private void fork() throws SyscallException {
    UserProcess child = process.fork();
    int[] childs = model.clone();
    for (int i = from; i < to; i++) {
      if (model[i] != UNMAPPED) {
        childs[i] = writeTo(child, i);
        check(process, i);
      }
    }
    if (random.nextInt(4) == 0) {
      process.exit();
      process = child;
      model = childs;
    } else {
      child.exit();
    }
    checkAll();
  }

  private void restart() throws SyscallException {
    process.exit();
    process = m.mergeable(PAGES);
    Arrays.fill(model, ZEROS);
  }

  private void write() throws SyscallException {
    for (int i = from; i < to; i++) {
      if (model[i] != UNMAPPED) {
        model[i] = writeTo(process, i);
      }
    }
  }

  private int writeTo(UserProcess writer, int index) throws SyscallException {
    int content = 1 + random.nextInt(CONTENTS);
    writer.writePage(page(index), contents[content]);
    return content;
  }

  /** Fails where a page of the process is not what the model says. */
  void checkAll() throws SyscallException {
    for (int i = 0; i < PAGES; i++) {
      if (model[i] != UNMAPPED) {
        check(process, i);
      }
    }
  }

  private void check(UserProcess reader, int index) throws SyscallException {
    reader.readPage(page(index), buffer);
    int at = Arrays.mismatch(buffer, contents[model[index]]);
    assertThat(at).as("page " + index + " of content " + model[index]).isEqualTo(-1);
  }
}
