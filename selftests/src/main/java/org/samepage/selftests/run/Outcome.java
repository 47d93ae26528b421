// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.run;

import java.util.List;

/**
 * What a case said.
 *
 * @param reason why it failed, was skipped or may fail; empty where there is nothing to say
 * @param lines what it said on the way
 */
public record Outcome(Status status, String reason, List<String> lines) {
  public Outcome {
    lines = List.copyOf(lines);
  }

  /** Whether nothing is wrong. */
  public boolean isFine() {
    return status != Status.FAIL && status != Status.XPASS;
  }
}
