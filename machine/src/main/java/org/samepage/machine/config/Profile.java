// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.config;

import java.util.Map;

/**
 * One choice at each extension point, under a name.
 *
 * @param summary one sentence
 * @param resultClass what its results promise: {@code A}, {@code B}, and what goes with it
 * @param strategies the strategy's name by the extension point's
 */
public record Profile(
    String name, String summary, String resultClass, Map<String, String> strategies) {
  /** The class without what goes with it: results are equal in a class. */
  public String classLetter() {
    int comma = resultClass.indexOf(',');
    return comma < 0 ? resultClass : resultClass.substring(0, comma);
  }
}
