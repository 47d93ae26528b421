// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A scenario that was read.
 *
 * @param name the file's name without its ending
 * @param file the file's name without its folder, for messages
 */
public record Scenario(String name, String file, List<Statement> statements) {
  public Scenario {
    statements = List.copyOf(statements);
  }

  /** What the first statement says about the machine, with its line; null where it says nothing. */
  public @Nullable Statement machine() {
    Statement first = statements.isEmpty() ? null : statements.getFirst();
    return first != null && first.action() instanceof Action.MachineSettings ? first : null;
  }
}
