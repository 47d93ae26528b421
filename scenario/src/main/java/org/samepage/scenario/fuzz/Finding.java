// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.scenario.result.ResultDocument;

/**
 * A scenario on which the port is wrong, or differs from a rival.
 *
 * @param name of the scenario
 * @param rival whom it was compared with
 * @param lines the shortened scenario
 * @param differences what differs
 * @param port what the port was left with; null where it failed
 * @param other what the rival was left with; null where it did not get to the end
 */
public record Finding(
    String name,
    String rival,
    List<String> lines,
    List<String> differences,
    @Nullable ResultDocument port,
    @Nullable ResultDocument other) {

  /** This finding, of which it was seen that it does not show each time. */
  Finding once() {
    List<String> said = new ArrayList<>(differences);
    said.add("differed once, and not when it was run again");
    return new Finding(name, rival, lines, said, port, other);
  }
}
