// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.samepage.app.where.Declarations;
import org.samepage.app.where.PortMapPage;
import org.samepage.app.where.PortedClasses;
import org.samepage.app.where.PortedElement;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.machine.config.NearestNames;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code samepage where}. */
@Command(
    name = "where",
    mixinStandardHelpOptions = true,
    description = {
      "Says of a kernel symbol where it is in the port: file and line, how close it is and what"
          + " differs, which tests run it, and which comparisons with a real kernel.",
      "Of a function that the port leaves out it says why. The names are those of the port map,"
          + " docs/reference/port-map.adoc."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:found, or known to be left out", "2:no such name"})
final class WhereCommand implements Callable<Integer> {
  @Parameters(
      arity = "1..*",
      paramLabel = "NAME",
      description =
          "A symbol such as break_ksm or mm/ksm.c:break_ksm, or its Java name, such as breakKsm.")
  private List<String> names = List.of();

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  WhereCommand() {}

  @Override
  public Integer call() throws IOException {
    List<PortedElement> elements = PortedClasses.all(strategyClasses());
    PortMapPage page = PortMapPage.read();
    for (String name : names) {
      List<PortedElement> found = elements.stream().filter(e -> e.isCalled(name)).toList();
      PortMapPage.LeftOut leftOut = page.leftOut().get(name.substring(name.indexOf(':') + 1));
      if (found.isEmpty() && leftOut == null) {
        throw unknown(name, elements, page);
      }
    }
    for (String name : names) {
      print(name, elements, page, spec.commandLine().getOut());
    }
    return ExitCode.OK;
  }

  /** They live in jars that nothing refers to, ours and others'. */
  private static Stream<Class<?>> strategyClasses() {
    return new Workbench()
        .catalogue().byPoint().values().stream()
            .flatMap(point -> point.values().stream())
            .map(offer -> (Class<?>) offer.strategy());
  }

  private static UserMistakeException unknown(
      String name, List<PortedElement> elements, PortMapPage page) {
    TreeSet<String> known = new TreeSet<>(page.leftOutNames());
    elements.forEach(element -> known.add(element.symbol()));
    return new UserMistakeException(
        "no symbol %s in the port map; %s".formatted(name, NearestNames.sentence(name, known)));
  }

  private static void print(
      String name, List<PortedElement> elements, PortMapPage page, PrintWriter out)
      throws IOException {
    List<PortedElement> found =
        new ArrayList<>(elements.stream().filter(e -> e.isCalled(name)).toList());
    found.sort( // what stands for all of a function before what stands for a part of one
        Comparator.comparing(PortedElement::file)
            .thenComparing(PortedElement::symbol)
            .thenComparing(PortedElement::isPart));
    String last = "";
    for (PortedElement element : found) {
      String origin = element.symbol() + ", " + element.file();
      if (!origin.equals(last)) {
        out.println(origin);
        last = origin;
      }
      PortMapPage.Evidence evidence = page.evidence(element);
      line(out, "java", element.shown());
      line(out, "at", Declarations.declared(element).at());
      line(out, "fidelity", element.closeness());
      line(out, "differs", element.differs().isEmpty() ? "-" : element.differs());
      line(out, "tests", evidence.tests());
      line(
          out,
          "kernel",
          evidence.kernel().equals("source")
              ? "compared with the kernel's source alone"
              : evidence.kernel());
    }
    PortMapPage.LeftOut leftOut = page.leftOut().get(name.substring(name.indexOf(':') + 1));
    if (found.isEmpty() && leftOut != null) {
      out.println(leftOut.symbol() + ", " + leftOut.file());
      line(out, "left out", leftOut.reason());
    }
  }

  private static void line(PrintWriter out, String what, String text) {
    out.printf("  %-9s %s%n", what, text);
  }
}
