// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.run;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;

/** The suites on the class path, and a choice of their cases. */
public final class Suites {
  private Suites() {}

  /** A suite with those of its cases that are wanted. */
  public record Choice(Suite suite, List<Selftest> cases) {}

  /** All suites, in the order in which their modules name them. */
  public static List<Suite> all() {
    List<Suite> suites = new ArrayList<>();
    ServiceLoader.load(Suite.class, Suites.class.getClassLoader()).forEach(suites::add);
    return suites;
  }

  /**
   * The cases that a pattern is for, whatever its case: by id ({@code KF-*}, {@code GR-01.a}), by
   * name, or by program ({@code merge}).
   *
   * @param globs all cases where empty
   */
  public static List<Choice> choose(List<String> globs) {
    List<PathMatcher> patterns =
        globs.stream()
            .map(glob -> FileSystems.getDefault().getPathMatcher("glob:" + flat(glob)))
            .toList();
    List<Choice> chosen = new ArrayList<>();
    for (Suite suite : all()) {
      List<Selftest> cases =
          suite.cases().stream()
              .filter(test ->
                  patterns.isEmpty()
                      || matches(patterns, test.id())
                      || matches(patterns, test.name())
                      || matches(patterns, suite.program()))
              .toList();
      if (!cases.isEmpty()) {
        chosen.add(new Choice(suite, cases));
      }
    }
    return chosen;
  }

  private static boolean matches(List<PathMatcher> patterns, String text) {
    Path path = Path.of(flat(text));
    return patterns.stream().anyMatch(pattern -> pattern.matches(path));
  }

  /** A name has no folders, so a slash in one is an ordinary character. */
  private static String flat(String text) {
    return text.toLowerCase(Locale.ROOT).replace('/', '_');
  }
}
