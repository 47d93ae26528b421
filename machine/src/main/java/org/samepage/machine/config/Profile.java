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
    String name, String summary, String resultClass, Map<String, String> strategies) {}
