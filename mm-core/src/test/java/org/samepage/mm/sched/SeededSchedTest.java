// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.sched;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SeededSchedTest {
  private static final int SEEDS = 64;

  private int counter;

  /** Adds in two steps, between which another thread may run. */
  private void addUnsafely(Sched sched) {
    int seen = counter;
    sched.yieldPoint();
    counter = seen + 1;
  }

  /** What two threads make of a counter that each adds to once. */
  private int race(SeededSched sched) {
    counter = 0;
    sched.run(List.of(() -> addUnsafely(sched), () -> addUnsafely(sched)));
    return counter;
  }

  @Test
  void a_seed_finds_a_race_and_finds_it_again_each_time() {
    List<Long> finders = new ArrayList<>();
    for (long seed = 0; seed < SEEDS; seed++) {
      if (race(new SeededSched(seed)) != 2) {
        finders.add(seed);
      }
    }
    assertThat(finders).isNotEmpty().hasSizeLessThan(SEEDS);
    for (int i = 0; i < 100; i++) {
      assertThat(race(new SeededSched(finders.get(0)))).as("seed " + finders.get(0)).isEqualTo(1);
    }
  }

  @Test
  void a_seed_is_one_schedule_and_seeds_differ() {
    Set<Long> hashes = new HashSet<>();
    for (long seed = 0; seed < 8; seed++) {
      SeededSched first = new SeededSched(seed);
      SeededSched second = new SeededSched(seed);
      assertThat(locked(first)).isEqualTo(locked(second)).isEqualTo(30);
      assertThat(first.traceHash()).as("seed " + seed).isEqualTo(second.traceHash());
      assertThat(first.switchPoints()).isEqualTo(second.switchPoints()).isGreaterThan(60);
      hashes.add(first.traceHash());
    }
    assertThat(hashes).hasSize(8);
  }

  private int locked(SeededSched sched) {
    KernelLock lock = new KernelLock(sched, LockClass.PTE_LOCK);
    counter = 0;
    Runnable body =
        () -> {
          for (int i = 0; i < 10; i++) {
            lock.lock();
            addUnsafely(sched);
            lock.unlock();
          }
        };
    sched.run(List.of(body, body, body));
    return counter;
  }

  @Test
  void one_thread_runs_at_a_time_even_with_readers_and_writers() {
    SeededSched sched = new SeededSched(5);
    RwSem sem = new RwSem(sched, LockClass.MMAP_LOCK);
    counter = 0;
    Runnable writer =
        () -> {
          for (int i = 0; i < 10; i++) {
            sem.writeLock();
            addUnsafely(sched);
            sem.writeUnlock();
          }
        };
    Runnable reader =
        () -> {
          for (int i = 0; i < 10; i++) {
            sem.readLock();
            int seen = counter;
            sched.condResched();
            assertThat(counter).isEqualTo(seen);
            sem.readUnlock();
          }
        };
    sched.run(List.of(writer, reader, writer, reader));
    assertThat(counter).isEqualTo(20);
  }

  /** Takes two locks in both orders. */
  private static void crossed(Sched locks, SeededSched sched) {
    KernelLock a = new KernelLock(locks, LockClass.PTE_LOCK);
    KernelLock b = new KernelLock(locks, LockClass.ZONE_LOCK);
    sched.run(List.of(() -> takeBoth(a, b), () -> takeBoth(b, a)));
  }

  private static void takeBoth(KernelLock first, KernelLock second) {
    first.lock();
    second.lock();
    second.unlock();
    first.unlock();
  }

  @Test
  void a_deadlock_is_detected_and_names_its_seed() {
    long deadlocks = 0;
    for (long seed = 0; seed < SEEDS; seed++) {
      SeededSched sched = new SeededSched(seed);
      try {
        crossed(sched, sched);
      } catch (IllegalStateException e) {
        assertThat(e).hasMessage("seed " + seed + ": deadlock: all 2 threads wait");
        deadlocks++;
      }
    }
    assertThat(deadlocks).isBetween(1L, SEEDS - 1L);
  }

  @Test
  void a_checker_in_front_finds_the_inversion_under_every_seed() {
    for (long seed = 0; seed < 8; seed++) {
      SeededSched sched = new SeededSched(seed);
      LockChecker checker = new LockChecker(sched);
      assertThatThrownBy(() -> crossed(checker, sched))
          .hasMessageContainingAll("seed ", "pte lock", "zone->lock");
    }
  }

  @Test
  void the_first_failure_ends_the_others() {
    SeededSched sched = new SeededSched(9);
    RuntimeException planted = new IllegalArgumentException("planted");
    Runnable endless =
        () -> {
          while (counter >= 0) {
            sched.yieldPoint();
          }
        };
    Runnable fails =
        () -> {
          sched.yieldPoint();
          throw planted;
        };
    assertThatThrownBy(() -> sched.run(List.of(endless, fails, endless)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("seed 9: planted")
        .hasCause(planted);
  }
}
