// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.sched;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

final class LocksTest {
  private final Sched sched = new FreeRunning();

  /** Runs a task on several threads that start together. */
  private static void together(int threads, Callable<?> task) throws Exception {
    CyclicBarrier start = new CyclicBarrier(threads);
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        all.add(
            pool.submit(() -> {
              start.await();
              return task.call();
            }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
  }

  private int plain;

  @Test
  void a_lock_lets_one_in_at_a_time() throws Exception {
    KernelLock lock = new KernelLock(sched, LockClass.PTE_LOCK);
    together(
        4,
        () -> {
          for (int i = 0; i < 20_000; i++) {
            lock.lock();
            plain++;
            lock.unlock();
          }
          return null;
        });
    assertThat(plain).isEqualTo(80_000);
  }

  @Test
  void a_try_fails_while_the_lock_is_held() {
    KernelLock lock = new KernelLock(sched, LockClass.PTE_LOCK);
    assertThat(lock.tryLock()).isTrue();
    assertThat(lock.isLocked()).isTrue();
    assertThat(lock.tryLock()).isFalse();
    lock.unlock();
    assertThat(lock.tryLock()).isTrue();
  }

  @Test
  void unlocking_what_is_not_held_is_an_error_that_names_the_lock() {
    KernelLock lock = new KernelLock(sched, LockClass.KSM_THREAD_MUTEX);
    assertThatThrownBy(lock::unlock).hasMessage("ksm_thread_mutex is not held");
    RwSem sem = new RwSem(sched, LockClass.MMAP_LOCK);
    assertThatThrownBy(sem::readUnlock).hasMessageContaining("mmap_lock");
    assertThatThrownBy(sem::writeUnlock).hasMessageContaining("mmap_lock");
    assertThatThrownBy(sem::assertLocked).hasMessageContaining("mmap_lock");
  }

  @Test
  void readers_share_and_writers_do_not() {
    RwSem sem = new RwSem(sched, LockClass.MMAP_LOCK);
    sem.readLock();
    assertThat(sem.readTryLock()).isTrue();
    assertThat(sem.isLocked()).isTrue();
    assertThat(sem.isWriteLocked()).isFalse();
    assertThatThrownBy(sem::assertWriteLocked).isInstanceOf(IllegalStateException.class);
    sem.readUnlock();
    sem.readUnlock();
    sem.writeLock();
    sem.assertWriteLocked();
    assertThat(sem.readTryLock()).isFalse();
    sem.writeUnlock();
    assertThat(sem.isLocked()).isFalse();
  }

  private long left;
  private long right;

  @Test
  void readers_never_see_half_of_what_a_writer_does() throws Exception {
    RwSem sem = new RwSem(sched, LockClass.MMAP_LOCK);
    together(
        4,
        () -> {
          for (int i = 0; i < 5_000; i++) {
            if (i % 8 == 0) {
              sem.writeLock();
              left++;
              right++;
              sem.writeUnlock();
            } else {
              sem.readLock();
              assertThat(left).isEqualTo(right);
              sem.readUnlock();
            }
          }
          return null;
        });
    assertThat(left).isEqualTo(4 * 625);
  }

  @Test
  void work_is_counted_by_task_and_added_up() throws Exception {
    together(
        3,
        () -> {
          for (int i = 0; i < 1000; i++) {
            sched.current().work.ptesRead++;
          }
          return null;
        });
    Task ksmd = sched.newTask("ksmd");
    Task before = sched.switchTo(ksmd);
    assertThat(sched.current().comm).isEqualTo("ksmd");
    sched.current().work.ptesRead += 7;
    sched.switchTo(before);
    assertThat(sched.current()).isSameAs(before);
    assertThat(sched.totalWork().ptesRead).isEqualTo(3007);
  }
}
