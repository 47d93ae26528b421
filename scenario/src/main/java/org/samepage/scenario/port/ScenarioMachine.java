// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.port;

import java.util.LinkedHashMap;
import java.util.Map;
import org.samepage.machine.config.ConfigLoader;
import org.samepage.machine.config.ConfigurationException;
import org.samepage.machine.config.MachineConfig;
import org.samepage.scenario.lang.Action;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.Statement;

/** The machine that a scenario asks for. */
public final class ScenarioMachine {
  private ScenarioMachine() {}

  /**
   * A configuration with what the scenario's first statement says about the machine.
   *
   * @throws ScenarioException where that cannot be, or a statement names a profile that is not
   */
  public static MachineConfig config(Scenario scenario, MachineConfig config, ConfigLoader configs)
      throws ScenarioException {
    for (Statement statement : scenario.statements()) {
      for (String profile : statement.profiles()) {
        refuseUnknown(scenario, statement, profile, configs);
      }
    }
    Statement first = scenario.machine();
    if (first == null || !(first.action() instanceof Action.MachineSettings machine)) {
      return config;
    }
    Map<String, String> settings = new LinkedHashMap<>();
    machine.settings().forEach(setting -> settings.put(setting.key(), setting.value()));
    try {
      return configs.withMachine(config, settings, "machine");
    } catch (ConfigurationException e) {
      throw new ScenarioException(scenario.file(), first.line(), String.valueOf(e.getMessage()));
    }
  }

  private static void refuseUnknown(
      Scenario scenario, Statement statement, String profile, ConfigLoader configs)
      throws ScenarioException {
    try {
      var _ = configs.profile(profile);
    } catch (ConfigurationException e) {
      throw new ScenarioException(
          scenario.file(), statement.line(), String.valueOf(e.getMessage()));
    }
  }
}
