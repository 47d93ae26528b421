// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.machine.testing.Together;
import org.samepage.mm.sched.LockChecker;
import org.samepage.mm.sched.SeededSched;

/**
 * Threads that do everything at once to huge pages of their own and of their children, beside ksmd
 * and whoever splits what waits: each process reads what it wrote, the lock checker is silent, and
 * the machine's counts hold at the end.
 */
final class HugeStressTest {
  private static final int HUGE_PAGES = 2;
  private static final int PAGES = HUGE_PAGES * 512;
  private static final long ELSEWHERE = 8 * 512;
  private static final int CONTENTS = 4;
  private static final int THREADS = 4;

  /** One thread, and the process that it acts as. */
  private static final class Worker implements Runnable {
    private final TestMachine m;
    private final SplittableRandom random;
    private final int operations;
    private final byte[][] contents = new byte[CONTENTS + 1][4096];
    private final byte[] buffer = new byte[4096];
    private int[] model = new int[PAGES];
    private UserProcess process;
    private int from;
    private int count;

    Worker(TestMachine m, long seed, int operations) throws SyscallException {
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

  private static TestMachine boot(LockChecker checker) {
    return TestMachine.boot(checker, "linux-6.18", "machine.swap=65536");
  }

  private static List<Worker> workers(TestMachine m, int threads, long seed, int operations)
      throws SyscallException {
    List<Worker> workers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      workers.add(new Worker(m, seed * THREADS + i, operations));
    }
    return workers;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void threads_and_ksmd_read_what_they_wrote(long seed) throws Exception {
    LockChecker checker = new LockChecker();
    try (TestMachine m = boot(checker)) {
      List<Worker> workers = workers(m, THREADS, seed, 120);
      Together.run(
          checker,
          seed,
          workers,
          () -> {
            m.machine.ksm().ksmd().batch(200);
            m.machine.thp().deferredSplit().deferredSplitScan();
          });
      m.passes(2);
      for (Worker worker : workers) {
        worker.checkAll();
      }
      Together.rethrow(checker, seed);
    }
  }

  @Test
  void one_thread_alone_reads_what_it_wrote() throws Exception {
    LockChecker checker = new LockChecker();
    try (TestMachine m = boot(checker)) {
      Worker worker = new Worker(m, 42, 400);
      worker.run();
      Together.rethrow(checker, 42);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void a_seeded_schedule_ends_the_same(long seed) throws Exception {
    assertThat(seeded(seed)).as("seed " + seed).isEqualTo(seeded(seed));
  }

  private static long seeded(long seed) throws Exception {
    SeededSched sched = new SeededSched(seed);
    LockChecker checker = new LockChecker(sched);
    try (TestMachine m = boot(checker)) {
      return Together.seeded(
          sched, checker, workers(m, 2, seed, 12), 4, () -> m.machine.ksm().ksmd().batch(200));
    }
  }
}
