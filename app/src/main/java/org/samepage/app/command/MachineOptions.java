// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.config.ConfigSource;
import picocli.CommandLine.Option;

/** The options that say how a machine is configured. */
final class MachineOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "A configuration file (HOCON) that overrides the profile.")
  @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "key=value",
      description = "One setting that overrides everything else; may be given several times.")
  List<String> settings = new ArrayList<>();

  /** What the user asks for under one profile. */
  ConfigSource source(@Nullable String profile) {
    return new ConfigSource(profile, config, settings);
  }

  /** Whether the user asks for more than a profile. */
  boolean changed() {
    return config != null || !settings.isEmpty();
  }
}
