// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import java.util.List;

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
}
