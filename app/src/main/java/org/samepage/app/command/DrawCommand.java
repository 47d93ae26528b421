// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.samepage.app.draw.Pictures;
import org.samepage.app.output.SafeFile;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.machine.config.MachineConfig;
import org.samepage.mm.vma.Mm;
import org.samepage.scenario.lang.Action;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.lang.Statement;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.run.ScenarioRunner;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code samepage draw}. */
@Command(
    name = "draw",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Draws the state of a machine at a point of a scenario, as SVG.",
      "vmas: a process's VMAs. tables: its page tables. interval-tree: the interval trees of its"
          + " anon_vmas. items: what ksmd remembers of its pages. trees: KSM's stable and unstable"
          + " tree."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:drawn", "2:the scenario, the configuration or the command cannot be used"})
final class DrawCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "FILE[:LINE]",
      description = "A scenario, and the last line of it that is carried out. Default: all.")
  private String place;

  @Parameters(
      index = "1",
      paramLabel = "vmas|tables|interval-tree|items|trees",
      description = "What to draw.")
  private String what;

  @Option(names = "-o", required = true, paramLabel = "FILE", description = "The picture (.svg).")
  private Path file;

  @Option(
      names = "--process",
      paramLabel = "P",
      description = "Whose tables. Default: the first process that is there.")
  private @Nullable String process;

  @Option(
      names = "--profile",
      paramLabel = "P",
      description = "The choice at each extension point; see 'samepage strategies'.")
  private @Nullable String profile;

  @Mixin private MachineOptions machine = new MachineOptions();

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  DrawCommand() {}

  @Override
  public Integer call() throws ScenarioException {
    Pictures picture = picture();
    Path target = SafeFile.check(file);
    String text = place;
    int last = Integer.MAX_VALUE;
    int colon = place.lastIndexOf(':');
    if (colon > 0 && place.substring(colon + 1).matches("\\d{1,9}")) {
      text = place.substring(0, colon);
      last = Integer.parseInt(place.substring(colon + 1));
    }
    Path scenarioFile = Path.of(text);
    Scenario scenario = ScenarioParser.parse(scenarioFile);
    Workbench workbench = new Workbench();
    MachineConfig config = workbench.configs().load(machine.source(profile));
    try (PortBackend backend = workbench.bootPort(scenario, config)) {
      ScenarioRunner runner = new ScenarioRunner(scenario.file(), backend, line -> {});
      Population population = new Population(backend);
      for (Statement statement : scenario.statements()) {
        if (statement.line() <= last) {
          runner.carryOut(statement);
          population.after(statement);
        }
      }
      String name = population.choose(process);
      SafeFile.write(target, picture.of(backend.machine(), name, population.mms));
    }
    spec.commandLine()
        .getOut()
        .printf("%s of %s is in %s%n", what, scenarioFile.getFileName(), file);
    return ExitCode.OK;
  }

  private Pictures picture() {
    for (Pictures picture : Pictures.values()) {
      if (picture.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(what)) {
        return picture;
      }
    }
    throw new UserMistakeException(
        "%s cannot be drawn; there are vmas, tables, interval-tree, items, trees".formatted(what));
  }

  /** Which address space belongs to which name. */
  private static final class Population {
    private final PortBackend backend;
    private final Map<String, Mm> mms = new LinkedHashMap<>();

    Population(PortBackend backend) {
      this.backend = backend;
    }

    void after(Statement statement) {
      switch (statement.action()) {
        case Action.StartProcess start -> mms.put(start.name(), backend.machine().mms().getLast());
        case Action.Fork fork -> mms.put(fork.child(), backend.machine().mms().getLast());
        case Action.Exit exit -> mms.remove(exit.process());
        default -> {}
      }
    }

    String choose(@Nullable String wanted) {
      if (mms.isEmpty()) {
        throw new UserMistakeException("there is no process at that line");
      }
      if (wanted != null && !mms.containsKey(wanted)) {
        throw new UserMistakeException(
            "there is no process %s at that line; there are %s"
                .formatted(wanted, String.join(", ", mms.keySet())));
      }
      return wanted == null ? mms.keySet().iterator().next() : wanted;
    }
  }
}
