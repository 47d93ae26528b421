// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.sched;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class LockCheckerTest {
  private final LockChecker checker = new LockChecker();
  private final KernelLock mutex = new KernelLock(checker, LockClass.KSM_THREAD_MUTEX);
  private final RwSem mmapLock = new RwSem(checker, LockClass.MMAP_LOCK);
  private final KernelLock ptl = new KernelLock(checker, LockClass.PTE_LOCK);
  private final KernelLock ptl2 = new KernelLock(checker, LockClass.PTE_LOCK);
  private final KernelLock mmlist = new KernelLock(checker, LockClass.KSM_MMLIST_LOCK);

  private static void onAnotherThread(Runnable body) {
    Throwable[] failure = new Throwable[1];
    Thread thread =
        Thread.ofPlatform().uncaughtExceptionHandler((_, e) -> failure[0] = e).start(body);
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (failure[0] instanceof RuntimeException e) {
      throw e;
    }
  }

  @Test
  void locks_in_order_are_no_error() {
    mutex.lock();
    mmapLock.readLock();
    checker.mightSleep();
    ptl.lock();
    ptl2.lockNested();
    mmlist.lock();
    mmlist.unlock();
    ptl.unlock();
    ptl2.unlock();
    checker.condResched();
    mmapLock.readUnlock();
    mutex.unlock();
    assertThat(checker.failure()).isNull();
  }

  @Test
  void an_inversion_names_both_locks() {
    mmapLock.writeLock();
    assertThatThrownBy(mutex::lock)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("ksm_thread_mutex is taken under mmap_lock, which is the inner one");
    assertThat(checker.failure()).hasMessageContaining("ksm_thread_mutex");
    assertThat(mutex.isLocked()).isFalse();
  }

  @Test
  void an_inversion_of_spinlocks_is_caught() {
    mmlist.lock();
    assertThatThrownBy(ptl::lock).hasMessageContainingAll("pte lock", "ksm_mmlist_lock");
  }

  @Test
  void a_second_lock_of_a_class_must_be_nested() {
    ptl.lock();
    assertThatThrownBy(ptl2::lock)
        .hasMessage("pte lock is taken under pte lock, which is of its class");
  }

  @Test
  void a_lock_is_not_taken_twice_not_even_nested() {
    ptl.lock();
    assertThatThrownBy(ptl::lock).hasMessageContaining("by the thread that holds it");
    assertThatThrownBy(ptl::lockNested).hasMessageContaining("by the thread that holds it");
    ptl.unlock();
    assertThat(mmapLock.readTryLock()).isTrue();
    assertThatThrownBy(mmapLock::readLock).hasMessageContaining("by the thread that holds it");
  }

  @Test
  void a_try_is_in_order_anywhere_but_counts_for_what_follows() {
    ptl.lock();
    assertThat(mutex.tryLock()).isTrue();
    ptl.unlock();
    mmapLock.readLock();
    mutex.unlock();
    assertThat(checker.failure()).isNull();
    assertThatThrownBy(mutex::lock).hasMessageContaining("mmap_lock");
  }

  @Test
  void what_sleeps_is_not_taken_or_called_under_a_spinlock() {
    ptl.lock();
    assertThatThrownBy(mmapLock::readLock)
        .hasMessage("mmap_lock is taken under pte lock, which does not sleep");
    assertThatThrownBy(checker::mightSleep).hasMessage("might_sleep() is called under pte lock");
    assertThatThrownBy(checker::condResched).hasMessage("cond_resched() is called under pte lock");
  }

  @Test
  void only_the_holder_releases() {
    mmapLock.readLock();
    assertThatThrownBy(() -> onAnotherThread(mmapLock::readUnlock))
        .hasMessage("mmap_lock is released by a thread that does not hold it");
  }

  @Test
  void a_folio_lock_is_released_by_anybody_and_is_then_gone() {
    checker.acquiring(LockClass.FOLIO_LOCK, this, 7);
    checker.acquired(LockClass.FOLIO_LOCK, this, 7);
    assertThatThrownBy(() -> checker.acquiring(LockClass.FOLIO_LOCK, this, 8))
        .hasMessage("folio lock 8 is taken under folio lock 7, which is of its class");
    onAnotherThread(() -> checker.released(LockClass.FOLIO_LOCK, this, 7));
    checker.acquiring(LockClass.FOLIO_LOCK, this, 7);
  }

  @Test
  void nobody_waits_after_an_error() {
    mmlist.lock();
    assertThatThrownBy(ptl::lock).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> onAnotherThread(mmlist::lock))
        .hasMessageContainingAll("nobody waits for ksm_mmlist_lock", "pte lock");
  }
}
