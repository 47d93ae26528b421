// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Status;
import org.samepage.selftests.run.Suite;
import org.samepage.selftests.run.Suites;

/** What upstream's programs printed on a real 6.18 with one NUMA node and without swap. */
public final class Recorded {
  private static final String FOLDER = "/recorded/linux-6.18/";
  private static final Pattern RESULT =
      Pattern.compile("(ok|not ok) (\\d+) (?:# (SKIP|XFAIL) )?(.*?)(?: # (SKIP) .*)?");

  /** ksm_tests makes one test of each command line. */
  private static final List<String> KSM_TESTS =
      List.of(
          "ksm_tests-H-s-100",
          "ksm_tests-P-s-100",
          "ksm_tests-M-p-10",
          "ksm_tests-U",
          "ksm_tests-Z-p-10-z-0",
          "ksm_tests-Z-p-10-z-1",
          "ksm_tests-N-m-1",
          "ksm_tests-N-m-0",
          "ksm_tests-D-s-100",
          "ksm_tests-C",
          "ksm_tests-M-t-1-p-10-d",
          "ksm_tests-M-p-10-d",
          "ksm_tests-M-p-257-d",
          "ksm_tests-M-p-600-d",
          "ksm_tests-U-d",
          "ksm_tests-Z-p-10-z-1-d");

  private Recorded() {}

  /**
   * A result.
   *
   * @param status XFAIL for what failed: our cases say that this version does
   * @param name upstream's text
   */
  public record Result(Status status, String name) {}

  /** All results by the ids of our cases. */
  public static Map<String, Result> all() {
    Map<String, Result> all = new LinkedHashMap<>();
    for (Suite suite : Suites.all()) {
      List<Selftest> cases = suite.cases();
      if (suite.id().equals("OW")) {
        continue; // ours
      }
      for (int i = 0; i < cases.size(); i++) {
        boolean own = suite.id().equals("KT");
        String file = own ? KSM_TESTS.get(i) : suite.program();
        all.put(cases.get(i).id(), result(file, own ? 1 : i + 1));
      }
    }
    return all;
  }

  /** How many results a program printed. */
  public static long count(String program) {
    return text(program).lines().filter(line -> RESULT.matcher(line).matches()).count();
  }

  private static Result result(String file, int number) {
    return text(file)
        .lines()
        .map(RESULT::matcher)
        .filter(Matcher::matches)
        .filter(match -> Integer.parseInt(match.group(2)) == number)
        .map(match -> new Result(status(match), match.group(4)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(file + " has no result " + number));
  }

  private static Status status(Matcher match) {
    if ("SKIP".equals(match.group(3)) || "SKIP".equals(match.group(5))) {
      return Status.SKIP;
    }
    boolean failed = match.group(1).equals("not ok") || "XFAIL".equals(match.group(3));
    return failed ? Status.XFAIL : Status.PASS;
  }

  private static String text(String name) {
    String path = FOLDER + name + ".txt";
    try (InputStream in = Objects.requireNonNull(Recorded.class.getResourceAsStream(path), path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
