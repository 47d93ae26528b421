// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.wiring.Offer;
import org.samepage.machine.config.NearestNames;
import org.samepage.machine.config.Profile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code samepage explain}. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description = {
      "Says of a strategy what it does, where it comes from, what it costs, what it does wrong, and"
          + " which scenario tells it from its neighbour.",
      "A name that several extension points have is explained for each."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:explained", "2:there is no such strategy"})
final class ExplainCommand implements Callable<Integer> {
  @Parameters(
      arity = "1",
      paramLabel = "STRATEGY",
      description = "A name that 'samepage strategies' lists, or POINT/NAME.")
  private String name;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ExplainCommand() {}

  @Override
  public Integer call() {
    Workbench workbench = SamepageCommand.workbench(spec);
    PrintWriter out = spec.commandLine().getOut();
    List<Offer<?>> found = new ArrayList<>();
    TreeSet<String> names = new TreeSet<>();
    for (Map<String, Offer<?>> point : workbench.catalogue().byPoint().values()) {
      for (Offer<?> offer : point.values()) {
        names.add(offer.name());
        if (name.equals(offer.name()) || name.equals(offer.pointName() + "/" + offer.name())) {
          found.add(offer);
        }
      }
    }
    if (found.isEmpty()) {
      throw new UserMistakeException(
          "unknown strategy %s; %s".formatted(name, NearestNames.sentence(name, names)));
    }
    found.forEach(offer -> explain(offer, workbench, out));
    return ExitCode.OK;
  }

  private static void explain(Offer<?> offer, Workbench workbench, PrintWriter out) {
    StrategySpec strategy = offer.spec();
    out.printf("%s, a strategy for %s%n", strategy.name(), offer.pointName());
    line(out, "does", strategy.summary());
    line(out, "origin", strategy.origin());
    line(out, "cost", strategy.cost());
    for (String need : strategy.needs()) {
      line(out, "needs", need.replace("|", " or "));
    }
    for (String fault : strategy.knownFaults()) {
      line(out, "fault", fault);
    }
    line(out, "tells", strategy.tells());
    line(out, "profiles", String.join(", ", profilesWith(offer, workbench)));
  }

  private static List<String> profilesWith(Offer<?> offer, Workbench workbench) {
    return workbench.configs().profiles().values().stream()
        .filter(profile -> offer.name().equals(profile.strategies().get(offer.pointName())))
        .map(Profile::name)
        .toList();
  }

  private static void line(PrintWriter out, String what, String text) {
    out.printf("  %-9s %s%n", what, text.isEmpty() ? "-" : text);
  }
}
