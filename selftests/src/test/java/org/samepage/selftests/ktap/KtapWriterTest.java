// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.ktap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.samepage.selftests.run.Outcome;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Status;
import org.samepage.selftests.run.Suite;

/** The text, line by line: Documentation/dev-tools/ktap.rst is what others parse it by. */
final class KtapWriterTest {
  private final StringWriter text = new StringWriter();
  private final KtapWriter writer = new KtapWriter(new PrintWriter(text));

  private static Suite suite(String program, Selftest... cases) {
    return new Suite() {
      @Override
      public String id() {
        return "XX";
      }

      @Override
      public String program() {
        return program;
      }

      @Override
      public List<Selftest> cases() {
        return List.of(cases);
      }
    };
  }

  private static Selftest test(String id) {
    return Selftest.testCase(id, "a #1 case", t -> {});
  }

  private void run(Suite suite, Outcome... outcomes) {
    writer.beginSuite(suite, outcomes.length);
    for (int i = 0; i < outcomes.length; i++) {
      writer.result(test("XX-0" + (i + 1)), outcomes[i]);
    }
    writer.endSuite(suite);
  }

  private static Outcome outcome(Status status, String reason, String... lines) {
    return new Outcome(status, reason, List.of(lines));
  }

  @Test
  void plans_come_first_and_results_are_nested() {
    writer.begin(2);
    run(
        suite("one"),
        outcome(Status.PASS, "", "said this"),
        outcome(Status.XFAIL, "older kernels do"),
        outcome(Status.SKIP, "no # swap"));
    run(suite("two"), outcome(Status.FAIL, "File.java:7:method: 1, expected 2"));
    writer.end();
    assertThat(text.toString().lines())
        .containsExactly(
            "KTAP version 1",
            "1..2",
            "  KTAP version 1",
            "  # Subtest: one",
            "  1..3",
            "  # said this",
            "  ok 1 XX-01 a 1 case",
            "  ok 2 XX-02 a 1 case # XFAIL older kernels do",
            "  ok 3 XX-03 a 1 case # SKIP no  swap",
            "ok 1 one",
            "  KTAP version 1",
            "  # Subtest: two",
            "  1..1",
            "  # File.java:7:method: 1, expected 2",
            "  not ok 1 XX-01 a 1 case",
            "not ok 2 two",
            "# 1 skipped test(s) detected; each says what it lacks.",
            "# Totals: pass:1 fail:1 xfail:1 xpass:0 skip:1 error:0");
    assertThat(writer.isFine()).isFalse();
    assertThat(writer.isAllSkipped()).isFalse();
  }

  @Test
  void a_suite_of_skipped_cases_is_skipped() {
    writer.begin(1);
    run(suite("one"), outcome(Status.SKIP, "no swap"));
    assertThat(text.toString()).endsWith("ok 1 one # SKIP\n");
    assertThat(writer.isFine()).isTrue();
    assertThat(writer.isAllSkipped()).isTrue();
  }

  @Test
  void what_passes_and_should_not_is_not_ok() {
    writer.begin(1);
    run(suite("one"), outcome(Status.XPASS, "should fail"));
    assertThat(text.toString()).contains("  not ok 1 XX-01 a 1 case # XPASS should fail\n");
    assertThat(writer.isFine()).isFalse();
  }
}
