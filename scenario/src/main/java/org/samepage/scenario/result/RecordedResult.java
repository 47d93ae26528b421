// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.result;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where the result stands that a real kernel gave for a scenario. */
public final class RecordedResult {
  private static final String SCENARIO = ".scenario";
  private static final String EXPECTED = ".expected.json";

  private RecordedResult() {}

  /**
   * {@code NAME.expected.json} beside {@code NAME.scenario}.
   *
   * @return null where there is none
   */
  public static @Nullable Path beside(Path scenario) {
    String name = String.valueOf(scenario.getFileName());
    if (!name.endsWith(SCENARIO)) {
      return null;
    }
    String stem = name.substring(0, name.length() - SCENARIO.length());
    Path recorded = scenario.resolveSibling(stem + EXPECTED);
    return Files.isRegularFile(recorded) ? recorded : null;
  }
}
