// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.sched;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.mm.time.VirtualClock;

final class WaitQueueTest {
  private final VirtualClock clock = new VirtualClock();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void a_sleeper_goes_on_when_it_is_woken_and_its_condition_holds(long seed) {
    SeededSched sched = new SeededSched(seed);
    WaitQueue queue = new WaitQueue(sched, clock);
    AtomicBoolean condition = new AtomicBoolean();
    AtomicBoolean woke = new AtomicBoolean();
    sched.run(
        List.of(
            () -> {
              queue.waitEvent(condition::get);
              assertThat(condition).isTrue();
              woke.set(true);
            },
            () -> {
              for (int i = 0; i < 5; i++) {
                queue.wakeUp();
                sched.yieldPoint();
                assertThat(woke).as("the condition does not hold").isFalse();
              }
              condition.set(true);
              queue.wakeUp();
            }));
    assertThat(woke).isTrue();
  }

  @Test
  void a_sleeper_that_nobody_can_wake_is_a_deadlock() {
    SeededSched sched = new SeededSched(1);
    WaitQueue queue = new WaitQueue(sched, clock);
    assertThatThrownBy(() -> sched.run(List.of(() -> queue.waitEvent(() -> false))))
        .hasMessageContaining("deadlock");
  }

  @Test
  void a_locks_release_wakes_no_sleeper_nor_does_another_queue() {
    SeededSched sched = new SeededSched(1);
    WaitQueue queue = new WaitQueue(sched, clock);
    WaitQueue other = new WaitQueue(sched, clock);
    KernelLock lock = new KernelLock(sched, LockClass.KSM_MMLIST_LOCK);
    AtomicBoolean condition = new AtomicBoolean();
    assertThatThrownBy(() ->
            sched.run(
                List.of(
                    () -> queue.waitEvent(condition::get),
                    () -> {
                      for (int i = 0; i < 20; i++) {
                        sched.yieldPoint(); // the other one sleeps by now
                      }
                      condition.set(true);
                      lock.lock();
                      lock.unlock();
                      other.wakeUp();
                    })))
        .as("the wake-up was forgotten")
        .hasMessageContaining("deadlock");
  }

  @Test
  void a_timeout_ends_when_its_time_has_come_and_idle_time_passes_by_itself() {
    SeededSched sched = new SeededSched(1);
    sched.whenIdle(clock::advanceToNextTimer);
    WaitQueue queue = new WaitQueue(sched, clock);
    sched.run(
        List.of(() -> {
          assertThat(queue.waitEventTimeout(() -> false, 500)).isFalse();
          assertThat(clock.ktimeGet()).isEqualTo(500);
        }));
    assertThat(queue.waitEventTimeout(() -> true, 500)).isTrue();
    assertThat(queue.waitEventTimeout(() -> false, 0)).as("no sleep at all").isFalse();
    assertThat(clock.advanceToNextTimer()).as("no timer is left behind").isFalse();
  }

  @Test
  void free_threads_sleep_and_are_woken_too() throws Exception {
    FreeRunning sched = new FreeRunning();
    WaitQueue queue = new WaitQueue(sched, clock);
    AtomicBoolean condition = new AtomicBoolean();
    Thread sleeper = Thread.ofPlatform().start(() -> queue.waitEvent(condition::get));
    condition.set(true);
    queue.wakeUp();
    sleeper.join();
    assertThat(queue.wakeUps()).isEqualTo(1);
  }

  @Test
  void nobody_sleeps_under_a_spinlock() {
    LockChecker checker = new LockChecker();
    WaitQueue queue = new WaitQueue(checker, clock);
    KernelLock spinlock = new KernelLock(checker, LockClass.KSM_MMLIST_LOCK);
    spinlock.lock();
    assertThatThrownBy(() -> queue.waitEvent(() -> false)).hasMessageContaining("wait_event()");
  }
}
