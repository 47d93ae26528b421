// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ShrinkerTest {
  private static final List<String> LINES =
      IntStream.range(0, 60).mapToObj(String::valueOf).toList();

  @Test
  void leaves_what_is_needed_in_its_order() {
    List<String> needed = List.of("0", "17", "18", "42", "59");
    Shrinker shrinker = new Shrinker(lines -> lines.containsAll(needed));
    assertThat(shrinker.shrink(LINES)).isEqualTo(needed);
  }

  @Test
  void what_needs_something_before_it_can_go_after_it_has_gone() {
    // 30 may only go when 40 has, and 20 when 30 has
    Shrinker shrinker =
        new Shrinker(lines ->
            lines.contains("5")
                && (!lines.contains("40") || lines.contains("30"))
                && (!lines.contains("30") || lines.contains("20")));
    assertThat(shrinker.shrink(LINES)).isEqualTo(List.of("5"));
  }

  @Test
  void never_asks_about_an_empty_scenario_and_not_too_often() {
    AtomicInteger asked = new AtomicInteger();
    Shrinker shrinker =
        new Shrinker(lines -> {
          asked.incrementAndGet();
          assertThat(lines).isNotEmpty();
          return true;
        });
    assertThat(shrinker.shrink(LINES)).hasSize(1);
    assertThat(asked.get()).isLessThan(20);
  }
}
