// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line of a scenario.
 *
 * @param line from 1
 * @param text the line as written, without comment and the space around it
 * @param expectedError what it must fail with: an errno or SIGSEGV, SIGBUS; null where it must not
 * @param failingProfiles the profiles under which it must fail so, and under no other; empty where
 *     it must under all
 */
public record Statement(
    int line,
    String text,
    Action action,
    @Nullable String expectedError,
    List<String> failingProfiles) {

  /** What it must fail with under a profile, null for a host's; null where it must not fail. */
  public @Nullable String expectedError(@Nullable String profile) {
    boolean here =
        failingProfiles.isEmpty() || (profile != null && failingProfiles.contains(profile));
    return here ? expectedError : null;
  }

  /** The profiles that it names, if any. */
  public List<String> profiles() {
    return action instanceof Action.Expect expect ? expect.profiles() : failingProfiles;
  }
}
