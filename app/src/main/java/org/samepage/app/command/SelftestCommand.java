// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.samepage.app.output.SkeletonFiles;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.host.session.HostSession;
import org.samepage.machine.config.ConfigSource;
import org.samepage.selftests.host.HostBed;
import org.samepage.selftests.ktap.KtapWriter;
import org.samepage.selftests.run.Bed;
import org.samepage.selftests.run.CaseRunner;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Suite;
import org.samepage.selftests.run.Suites;
import org.samepage.selftests.table.ProfileTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code samepage selftest}. */
@Command(
    name = "selftest",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs the kernel's own selftests, on the port or on this machine's kernel, and prints the"
          + " results as KTAP.",
      "A case that needs what the port or the machine lacks is skipped, and says what that is."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all passed, or were skipped, or failed as this version of the kernel does (XFAIL)",
      "1:one failed, or passed that this version of the kernel fails (XPASS)",
      "2:the configuration or the command cannot be used",
      "3:the host backend: the machine lacks something, or someone is in the way",
      "4:all were skipped",
      "70:an error of our own"
    })
final class SelftestCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..*",
      paramLabel = "GLOB",
      description =
          "Cases by id, name or program, such as 'KF-*', 'GR-??.a' or merge. Default: all.")
  private List<String> globs = List.of();

  @Option(
      names = "--profile",
      paramLabel = "P",
      description = "The port's choice at each extension point; see 'samepage strategies'.")
  private @Nullable String profile;

  @Mixin private MachineOptions machine = new MachineOptions();

  @Option(
      names = "--backend",
      paramLabel = "port|host",
      defaultValue = "PORT",
      description = "Run on the port, or on this machine's own kernel. Default: port.")
  private RunCommand.BackendName backend = RunCommand.BackendName.PORT;

  @Mixin private HostOptions host = new HostOptions();

  @Option(names = "--list", description = "List the cases instead of running them.")
  private boolean list;

  @Option(
      names = "--table",
      description = "Run all cases under every profile, and print the tables of the reference.")
  private boolean table;

  @Option(
      names = "--new",
      paramLabel = "NAME",
      description =
          "Write a skeleton for one more of upstream's programs, such as map_populate, into the"
              + " checkout that this is run in.")
  private @Nullable String fresh;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  SelftestCommand() {}

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (fresh != null) {
      SkeletonFiles.write(Path.of(""), fresh).forEach(out::println);
      return ExitCode.OK;
    }
    Workbench workbench = SamepageCommand.workbench(spec);
    if (table) {
      if (!globs.isEmpty() || list || backend != RunCommand.BackendName.PORT) {
        throw new UserMistakeException(
            "--table is of all cases on the port, and goes with nothing");
      }
      out.print(table(workbench));
      out.flush();
      return ExitCode.OK;
    }
    List<Suites.Choice> chosen = chosen();
    if (chosen.isEmpty()) {
      throw new UserMistakeException(
          "no case is called %s; there are %s, see --list"
              .formatted(
                  String.join(", ", globs),
                  String.join(", ", Suites.all().stream().map(Suite::program).toList())));
    }
    if (list) {
      chosen.forEach(choice -> list(choice, out));
      return ExitCode.OK;
    }
    ConfigSource source = machine.source(profile);
    if (backend == RunCommand.BackendName.PORT) {
      var _ = workbench.configs().load(source); // a mistake in it is told now
      return run(workbench.selftestBed(source), chosen, out);
    }
    RunCommand.refuseChoices(workbench, profile, machine);
    try (HostSession session = host.open(spec.commandLine().getErr())) {
      return run(new HostBed(session, workbench.configs().load(source).ksm()), chosen, out);
    }
  }

  private List<Suites.Choice> chosen() {
    try {
      return Suites.choose(globs);
    } catch (PatternSyntaxException e) {
      throw new UserMistakeException(
          "%s is no pattern: %s; one is 'KF-*'"
              .formatted(String.join(", ", globs), e.getDescription()));
    }
  }

  private static void list(Suites.Choice choice, PrintWriter out) {
    out.println(choice.suite().program());
    choice.cases().forEach(test -> out.printf("  %-8s %s%n", test.id(), test.name()));
  }

  private static String table(Workbench workbench) {
    ProfileTable table = new ProfileTable(Suites.all());
    for (String profile : workbench.configs().profiles().keySet()) {
      Bed bed = workbench.selftestBed(ConfigSource.ofProfile(profile));
      CaseRunner runner = new CaseRunner(bed, () -> 0);
      for (Suite suite : Suites.all()) {
        suite.cases().forEach(test -> table.add(profile, test, runner.run(test)));
      }
    }
    return table.toAsciidoc();
  }

  private static int run(Bed bed, List<Suites.Choice> chosen, PrintWriter out) {
    CaseRunner runner = new CaseRunner(bed, System::nanoTime);
    KtapWriter ktap = new KtapWriter(out);
    ktap.begin(chosen.size());
    for (Suites.Choice choice : chosen) {
      ktap.beginSuite(choice.suite(), choice.cases().size());
      for (Selftest test : choice.cases()) {
        ktap.result(test, runner.run(test));
      }
      ktap.endSuite(choice.suite());
    }
    ktap.end();
    return !ktap.isFine() ? ExitCode.FAILED : ktap.isAllSkipped() ? ExitCode.SKIPPED : ExitCode.OK;
  }
}
