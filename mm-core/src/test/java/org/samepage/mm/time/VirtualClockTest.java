// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class VirtualClockTest {
  private final VirtualClock clock = new VirtualClock();
  private final List<String> seen = new ArrayList<>();

  private KernelClock.Timer timer(String name, long expires) {
    return clock.addTimer(expires, () -> seen.add(name + "@" + clock.ktimeGet()));
  }

  @Test
  void timers_come_in_order_each_at_its_time_and_not_before() {
    timer("late", 30);
    timer("first", 10);
    timer("second", 10);
    clock.advanceNanos(9);
    assertThat(seen).isEmpty();
    clock.advanceNanos(11);
    assertThat(seen).containsExactly("first@10", "second@10");
    assertThat(clock.ktimeGet()).isEqualTo(20);
    clock.advanceNanos(100);
    assertThat(seen).hasSize(3).endsWith("late@30");
    assertThat(clock.ktimeGet()).isEqualTo(120);
  }

  @Test
  void a_timer_that_was_called_off_does_not_come_and_one_that_is_due_comes_at_the_next_step() {
    timer("off", 5).timerDelete();
    clock.advanceNanos(10);
    timer("past", 3);
    clock.advanceNanos(0);
    assertThat(seen).containsExactly("past@10");
  }

  @Test
  void time_can_be_let_pass_to_the_next_timer_where_there_is_one() {
    assertThat(clock.advanceToNextTimer()).isFalse();
    timer("one", 7);
    timer("two", 9);
    assertThat(clock.advanceToNextTimer()).isTrue();
    assertThat(seen).containsExactly("one@7");
    assertThat(clock.ktimeGet()).isEqualTo(7);
  }
}
