// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the user asks for, beside the defaults.
 *
 * @param profile instead of the default one
 * @param file a HOCON file
 * @param settings {@code key=value}, later ones win
 */
public record ConfigSource(@Nullable String profile, @Nullable Path file, List<String> settings) {
  /** Nothing but a profile. */
  public static ConfigSource ofProfile(String profile) {
    return new ConfigSource(profile, null, List.of());
  }
}
