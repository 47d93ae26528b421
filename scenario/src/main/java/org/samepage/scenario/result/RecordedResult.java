// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.result;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where the result stands that a real kernel gave for a scenario. */
public final class RecordedResult {
  private static final String SCENARIO = ".scenario";

  private RecordedResult() {}

  /** Whether a file is called {@code NAME.scenario}. */
  public static boolean isScenario(Path file) {
    return String.valueOf(file.getFileName()).endsWith(SCENARIO);
  }

  /** {@code NAME.expected.json} beside {@code NAME.scenario}. */
  public static Path of(Path scenario) {
    return beside(scenario, ".expected.json");
  }

  /** {@code NAME.recorded} beside {@code NAME.scenario}: on which kernel, by which command. */
  public static Path origin(Path scenario) {
    return beside(scenario, ".recorded");
  }

  /**
   * The result of a scenario.
   *
   * @return null where none is recorded
   */
  public static @Nullable Path ifThere(Path scenario) {
    if (!isScenario(scenario)) {
      return null;
    }
    Path recorded = of(scenario);
    return Files.isRegularFile(recorded) ? recorded : null;
  }

  private static Path beside(Path scenario, String suffix) {
    String name = String.valueOf(scenario.getFileName());
    return scenario.resolveSibling(name.substring(0, name.length() - SCENARIO.length()) + suffix);
  }
}
