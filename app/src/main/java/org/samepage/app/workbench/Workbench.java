// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.workbench;

import java.io.PrintWriter;
import java.util.List;
import java.util.function.Consumer;
import org.samepage.capture.predict.Predictor;
import org.samepage.host.backend.HostBackend;
import org.samepage.host.session.HostSession;
import org.samepage.ksm.wiring.StrategyCatalogue;
import org.samepage.machine.config.ConfigLoader;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.config.MachineConfig;
import org.samepage.machine.wiring.MachineBoot;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.port.ScenarioMachine;
import org.samepage.scenario.result.ResultDocument;
import org.samepage.scenario.run.ScenarioRunner;
import org.samepage.selftests.port.PortBed;
import org.samepage.selftests.run.Bed;

/** Everything put together: strategies, configuration, machines. */
public final class Workbench {
  private static final ConfigSource NO_WISHES = new ConfigSource(null, null, List.of());

  /** Bytes of an rmap_item in all released kernels. */
  private static final int USUAL_ITEM_SIZE = 64;

  private final StrategyCatalogue catalogue;
  private final ConfigLoader configs;
  private final MachineBoot boot;

  /** A workbench with the strategies that are on the class path. */
  public Workbench() {
    this(Workbench.class.getClassLoader());
  }

  /** A workbench with the strategies and profiles that a class loader finds. */
  public Workbench(ClassLoader loader) {
    this.catalogue = StrategyCatalogue.load(loader);
    this.configs = new ConfigLoader(loader, catalogue);
    this.boot = new MachineBoot(catalogue);
  }

  public StrategyCatalogue catalogue() {
    return catalogue;
  }

  public ConfigLoader configs() {
    return configs;
  }

  /** A backend on a machine of its own. */
  public PortBackend bootPort(MachineConfig config) {
    return new PortBackend(boot.boot(config));
  }

  /** A backend on a machine of its own, as a scenario asks for it. */
  public PortBackend bootPort(Scenario scenario, MachineConfig config) throws ScenarioException {
    return bootPort(ScenarioMachine.config(scenario, config, configs));
  }

  /**
   * A backend on a machine of its own, whose profits are those of the usual rmap_item, so that they
   * can be compared across layouts.
   */
  public PortBackend bootPortToCompare(MachineConfig config) {
    return new PortBackend(boot.boot(config), USUAL_ITEM_SIZE);
  }

  /** As {@link #bootPortToCompare(MachineConfig)}, as a scenario asks for it. */
  public PortBackend bootPortToCompare(Scenario scenario, MachineConfig config)
      throws ScenarioException {
    return bootPortToCompare(ScenarioMachine.config(scenario, config, configs));
  }

  /** What predicts from captures. */
  public Predictor predictor() {
    return new Predictor(boot);
  }

  /** Machines of this kind for selftests. */
  public Bed selftestBed(ConfigSource source) {
    return new PortBed(boot, configs, source);
  }

  /** Runs a scenario on a machine of its own. */
  public ResultDocument run(Scenario scenario, MachineConfig config, Consumer<String> shown)
      throws ScenarioException {
    try (PortBackend backend = bootPort(scenario, config)) {
      return ScenarioRunner.run(scenario, backend, shown);
    }
  }

  /** Runs a scenario on this machine's own kernel. */
  public ResultDocument runOnHost(Scenario scenario, HostSession session, Consumer<String> shown)
      throws ScenarioException {
    return runOnHost(scenario, session, configs.load(NO_WISHES), shown);
  }

  /** Runs a scenario on this machine's own kernel, KSM's files beginning as configured. */
  public ResultDocument runOnHost(
      Scenario scenario, HostSession session, MachineConfig config, Consumer<String> shown)
      throws ScenarioException {
    ResultDocument document;
    try (HostBackend backend = new HostBackend(session, config.ksm())) {
      document = ScenarioRunner.run(scenario, backend, shown);
    }
    session.refuseForeignUsers();
    return document;
  }

  /** Lets lines go to a writer. */
  public static Consumer<String> to(PrintWriter writer) {
    return writer::println;
  }
}
