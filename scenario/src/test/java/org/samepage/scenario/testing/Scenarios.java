// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.samepage.ksm.wiring.StrategyCatalogue;
import org.samepage.machine.Machine;
import org.samepage.machine.check.MachineChecker;
import org.samepage.machine.config.ConfigLoader;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.config.MachineConfig;
import org.samepage.machine.wiring.MachineBoot;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.port.ScenarioMachine;
import org.samepage.scenario.result.ResultDocument;
import org.samepage.scenario.run.ScenarioRunner;

/** Runs scenarios on the port. */
public final class Scenarios {
  private static final int USUAL_ITEM_SIZE = 64;
  private static final ClassLoader LOADER = Scenarios.class.getClassLoader();
  private static final StrategyCatalogue CATALOGUE = StrategyCatalogue.load(LOADER);
  private static final ConfigLoader CONFIGS = new ConfigLoader(LOADER, CATALOGUE);

  private Scenarios() {}

  /** What a run left, and what it showed. */
  public record Outcome(ResultDocument document, List<String> shown) {}

  /** The project's corpus. */
  public static Path folder() {
    return Path.of(System.getProperty("samepage.root"), "scenarios");
  }

  public static List<String> profiles() {
    return CONFIGS.profileNames();
  }

  /** The letter of a profile's class. */
  public static String classOf(String profile) {
    return CONFIGS.profile(profile).classLetter();
  }

  public static PortBackend boot(String profile) {
    return new PortBackend(machine(profile));
  }

  /** The machine that a scenario asks for. */
  public static PortBackend boot(String profile, Scenario scenario) throws ScenarioException {
    return new PortBackend(new MachineBoot(CATALOGUE).boot(config(profile, scenario)));
  }

  /** The same, with the profits of a 64-byte rmap_item. */
  public static PortBackend bootToCompare(String profile, Scenario scenario)
      throws ScenarioException {
    return new PortBackend(
        new MachineBoot(CATALOGUE).boot(config(profile, scenario)), USUAL_ITEM_SIZE);
  }

  private static MachineConfig config(String profile, Scenario scenario) throws ScenarioException {
    return ScenarioMachine.config(scenario, CONFIGS.load(ConfigSource.ofProfile(profile)), CONFIGS);
  }

  /** As {@link #boot}, with the profits of a 64-byte rmap_item whatever the layout's is. */
  public static PortBackend bootToCompare(String profile, String... settings) {
    return new PortBackend(machine(profile, settings), USUAL_ITEM_SIZE);
  }

  private static Machine machine(String profile, String... settings) {
    return new MachineBoot(CATALOGUE)
        .boot(CONFIGS.load(new ConfigSource(profile, null, List.of(settings))));
  }

  /** Runs lines under linux-6.18. */
  public static Outcome run(String... lines) throws ScenarioException {
    return run("linux-6.18", ScenarioParser.parse("t.scenario", String.join("\n", lines)));
  }

  /** Runs a scenario and checks the machine. */
  public static Outcome run(String profile, Scenario scenario) throws ScenarioException {
    return run(boot(profile, scenario), scenario);
  }

  /** As {@link #run(String, Scenario)}, on a backend that it closes. */
  public static Outcome run(PortBackend booted, Scenario scenario) throws ScenarioException {
    List<String> shown = new ArrayList<>();
    try (PortBackend backend = booted) {
      ResultDocument document = ScenarioRunner.run(scenario, backend, shown::add);
      MachineChecker.check(backend.machine());
      return new Outcome(document, shown);
    }
  }
}
