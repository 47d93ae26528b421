// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.samepage.ksm.wiring.Offer;
import org.samepage.ksm.wiring.StrategyBundle;
import org.samepage.ksm.wiring.StrategyCatalogue;
import org.samepage.machine.config.ConfigLoader;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.config.MachineConfig;
import org.samepage.machine.wiring.MachineBoot;
import org.samepage.mm.sched.Sched;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.port.ScenarioMachine;
import org.samepage.scenario.result.ResultDocument;
import org.samepage.scenario.run.ScenarioRunner;

/** Boots machines with the strategies that there are, and perhaps one more. */
public final class LabMachines {
  /** How scenarios of labs are called in messages. */
  private static final String FILE = "lab.scenario";

  /** Of each thread, as a bundle is a Guice module: only one machine at a time boots with it. */
  private static final ThreadLocal<LabMachines> OURS =
      ThreadLocal.withInitial(() -> new LabMachines(bundles()));

  private final ConfigLoader configs;
  private final MachineBoot boot;

  private LabMachines(List<StrategyBundle> bundles) {
    StrategyCatalogue catalogue = new StrategyCatalogue(bundles);
    this.configs = new ConfigLoader(LabMachines.class.getClassLoader(), catalogue);
    this.boot = new MachineBoot(catalogue);
  }

  /** Machines that are configured from the strategies that there are. */
  public static LabMachines ours() {
    return OURS.get();
  }

  /** Machines that can be configured to use a student's strategy too. */
  public static LabMachines with(Offer<?> mine) {
    List<StrategyBundle> bundles = bundles();
    bundles.add(new OneStrategy(mine));
    return new LabMachines(bundles);
  }

  private static List<StrategyBundle> bundles() {
    List<StrategyBundle> bundles = new ArrayList<>();
    ServiceLoader.load(StrategyBundle.class, LabMachines.class.getClassLoader())
        .forEach(bundles::add);
    return bundles;
  }

  private static final class OneStrategy extends StrategyBundle {
    OneStrategy(Offer<?> offer) {
      super(List.of(offer));
    }
  }

  /** A machine that a scenario's statements are given to one by one; closed by its backend. */
  public record Running(PortBackend backend, ScenarioRunner runner, Sched sched)
      implements AutoCloseable {
    @Override
    public void close() {
      backend.close();
    }
  }

  /**
   * Boots a machine for a scenario.
   *
   * @param settings {@code key=value}, over the profile
   * @param limit most steps of a run, and most addresses that one operation may probe
   */
  public Running boot(Scenario scenario, String profile, List<String> settings, long limit)
      throws ScenarioException {
    MachineConfig config = configs.load(new ConfigSource(profile, null, settings));
    Sched sched = new LimitedSteps(limit);
    PortBackend backend =
        new PortBackend(boot.boot(ScenarioMachine.config(scenario, config, configs), sched));
    backend.machine().probeBudget().limit(limit);
    return new Running(backend, new ScenarioRunner(scenario.file(), backend, line -> {}), sched);
  }

  /** A scenario from its text. */
  public static Scenario parse(String text) throws ScenarioException {
    return ScenarioParser.parse(FILE, text);
  }

  /** Runs a whole scenario. */
  public ResultDocument run(String text, String profile, List<String> settings, long limit)
      throws ScenarioException {
    Scenario scenario = parse(text);
    try (Running running = boot(scenario, profile, settings, limit)) {
      return ScenarioRunner.run(scenario, running.backend(), line -> {});
    }
  }
}
