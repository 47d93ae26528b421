// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WorkTest {
  @Test
  void every_counter_reads_the_field_of_its_name_and_is_added_up() throws Exception {
    for (WorkCounter counter : WorkCounter.values()) {
      String[] words = counter.key().split("_");
      StringBuilder name = new StringBuilder(words[0]);
      for (int i = 1; i < words.length; i++) {
        name.append(Character.toUpperCase(words[i].charAt(0))).append(words[i].substring(1));
      }
      Field field = WorkCounters.class.getField(name.toString());
      WorkCounters one = new WorkCounters();
      field.setLong(one, 5);
      assertThat(counter.of(one)).as(counter.key()).isEqualTo(5);
      WorkCounters sum = new WorkCounters();
      field.setLong(sum, 3);
      sum.add(one);
      long expected = counter == WorkCounter.MAX_ENTRIES_BETWEEN_RESCHED ? 5 : 8;
      assertThat(counter.of(sum)).as(counter.key()).isEqualTo(expected);
    }
  }

  @Test
  void the_longest_stretch_between_resched_points_is_kept() {
    WorkCounters work = new WorkCounters();
    work.ptesRead = 10;
    work.reschedPoint();
    work.pmdEntries = 500;
    work.reschedPoint();
    work.ptesRead += 3;
    work.reschedPoint();
    assertThat(work.reschedPoints).isEqualTo(3);
    assertThat(work.maxEntriesBetweenResched).isEqualTo(500);
  }

  @Test
  void a_budget_lets_exactly_its_limit_through() {
    ProbeBudget budget = new ProbeBudget();
    budget.limit(1000);
    budget.startOperation(() -> 77);
    for (int i = 0; i < 1000; i++) {
      budget.probe();
    }
    assertThat(budget.used()).isEqualTo(1000);
    assertThatThrownBy(budget::probe)
        .isInstanceOfSatisfying(
            ProbeLimitException.class,
            e -> {
              assertThat(e.limit()).isEqualTo(1000);
              assertThat(e.needed()).isEqualTo(77);
            });
  }

  @Test
  void each_operation_has_the_whole_limit() {
    ProbeBudget budget = new ProbeBudget();
    budget.limit(3);
    for (int operation = 0; operation < 5; operation++) {
      budget.startOperation(() -> 0);
      for (int i = 0; i < 3; i++) {
        budget.probe();
      }
    }
    assertThatThrownBy(budget::probe).isInstanceOf(ProbeLimitException.class);
  }

  @Test
  void progress_is_told_now_and_then_and_without_a_limit_too() {
    ProbeBudget budget = new ProbeBudget();
    List<Long> told = new ArrayList<>();
    budget.onProgress(told::add);
    budget.startOperation(() -> 0);
    for (int i = 0; i < 10_000_000; i++) {
      budget.probe();
    }
    assertThat(told).hasSize(2).isSorted();
    assertThat(told.getFirst()).isBetween(4_000_000L, 5_000_000L);
    assertThatThrownBy(() -> budget.limit(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
