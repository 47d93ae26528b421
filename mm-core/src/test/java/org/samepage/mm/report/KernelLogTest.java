// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class KernelLogTest {
  private final KernelLog log = new KernelLog();

  @Test
  void what_does_not_happen_is_not_reported() {
    assertThat(log.warnOn(false, "x")).isFalse();
    assertThat(log.warnOnOnce(false, "x")).isFalse();
    log.bugOn(false, "x");
    assertThat(log.reports()).isEmpty();
  }

  @Test
  void once_means_once_for_each_place() {
    assertThat(log.warnOnOnce(true, "x")).isTrue();
    assertThat(log.warnOnOnce(true, "x")).as("still true, not printed again").isTrue();
    log.warnOnOnce(true, "y");
    log.warnOn(true, "z");
    log.warnOn(true, "z");
    assertThat(log.reports())
        .extracting(KernelReport::kind, KernelReport::text)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("warn_once", "WARNING: x"),
            org.assertj.core.groups.Tuple.tuple("warn_once", "WARNING: y"),
            org.assertj.core.groups.Tuple.tuple("warn", "WARNING: z"),
            org.assertj.core.groups.Tuple.tuple("warn", "WARNING: z"));
  }

  @Test
  void a_bug_is_reported_with_its_place_and_ends_the_task() {
    log.at("x.scenario:7");
    assertThatThrownBy(() -> log.bugOn(true, "remove_rmap_item_from_tree: too old"))
        .isInstanceOf(KernelBugException.class);
    assertThat(log.reports())
        .containsExactly(
            new KernelReport(
                "bug", "kernel BUG: remove_rmap_item_from_tree: too old", "x.scenario:7"));
  }
}
