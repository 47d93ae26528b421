// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.samepage.app.output.Progress;
import org.samepage.app.output.SafeFile;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.host.agent.AgentBinary;
import org.samepage.host.backend.HostBackend;
import org.samepage.host.doctor.KernelProbe;
import org.samepage.host.session.HostSession;
import org.samepage.host.session.Requirements;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.config.MachineConfig;
import org.samepage.machine.config.Profile;
import org.samepage.scenario.fuzz.Booting;
import org.samepage.scenario.fuzz.Finding;
import org.samepage.scenario.fuzz.Fuzzer;
import org.samepage.scenario.fuzz.Repertoire;
import org.samepage.scenario.fuzz.Rival;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.result.ResultDocument;
import org.samepage.scenario.result.ResultJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code samepage fuzz}. */
@Command(
    name = "fuzz",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Makes up scenarios, runs each on the port and on this machine's own kernel, and shortens"
          + " those on which they differ.",
      "Where the kernel cannot be had, the port is compared with itself, under all profiles of its"
          + " class."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:no difference",
      "1:a difference",
      "2:the command cannot be used",
      "3:the machine is disturbed by someone"
    })
final class FuzzCommand implements Callable<Integer> {
  private static final String DEFAULT_PROFILE = "linux-6.18";
  private static final String HOST = "host";

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "Where to begin; the same seed gives the same scenarios. Default: by the clock.")
  private @Nullable Long seed;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "100",
      description = "Scenarios to make up. Default: ${DEFAULT-VALUE}.")
  private long count;

  @Option(
      names = "--ops",
      paramLabel = "N",
      defaultValue = "40",
      description = "Statements to draft for each. Default: ${DEFAULT-VALUE}.")
  private int ops;

  @Option(
      names = "--minutes",
      paramLabel = "M",
      description = "Stop after so many minutes, however many scenarios that are.")
  private @Nullable Long minutes;

  @Option(
      names = "--profile",
      paramLabel = "P",
      description = "The port's profile. Default: the one that fits the kernel, else linux-6.18.")
  private @Nullable String profile;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where differing scenarios are written, with both results. Default: fuzz-out.")
  private Path folder = Path.of("fuzz-out");

  @Option(names = "--no-host", description = "Compare the port with itself alone.")
  private boolean noHost;

  @Option(
      names = "--moving",
      description =
          "Statements that take pages from their frames, too: migrate, swapout, offline, and advice"
              + " that makes, splits, ages and frees huge pages, on machines with two nodes and"
              + " swap, and with huge pages always, by advice or never. Against the kernel, only"
              + " those whose outcome is the same there each time; swapout where it has swap.")
  private boolean moving;

  @Mixin private HostOptions host = new HostOptions();

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  FuzzCommand() {}

  @Override
  public Integer call() {
    if (count < 1 || ops < 1 || (minutes != null && minutes < 1)) {
      throw new UserMistakeException("--count, --ops and --minutes take at least 1");
    }
    Workbench workbench = SamepageCommand.workbench(spec);
    if (profile != null) {
      workbench.configs().profile(profile);
    }
    String reason = reasonAgainstHost();
    if (reason != null) {
      spec.commandLine().getErr().println("samepage: without the kernel: " + reason);
      String under = profile == null ? DEFAULT_PROFILE : profile;
      Repertoire repertoire = moving ? Repertoire.MOVING : Repertoire.USUAL;
      return fuzz(workbench, under, selves(workbench, under), repertoire);
    }
    try (HostSession session = host.open(spec.commandLine().getErr())) {
      String under = profile == null ? fittingProfile(workbench, session) : profile;
      Map<String, String> values = config(workbench, under).ksm();
      Rival kernel =
          new Rival(
              HOST,
              machine -> {
                session.refuseForeignUsers();
                return new HostBackend(session, values);
              });
      Repertoire repertoire =
          !moving
              ? Repertoire.USUAL
              : HostBackend.swaps() ? Repertoire.SWAPPING_KERNEL : Repertoire.KERNEL;
      return fuzz(workbench, under, List.of(kernel), repertoire);
    }
  }

  private @Nullable String reasonAgainstHost() {
    if (noHost) {
      return "--no-host";
    }
    String missing = new Requirements(new AgentBinary(System.getenv())).missing();
    return missing != null || host.canAsk()
        ? missing
        : "nobody can be asked whether its settings may be written; see --yes";
  }

  private static String fittingProfile(Workbench workbench, HostSession session) {
    session.begin(Map.of());
    List<String> fitting = DoctorCommand.fitting(workbench, new KernelProbe(session).traits());
    return fitting.isEmpty() ? DEFAULT_PROFILE : fitting.getFirst();
  }

  /**
   * All other profiles of the class; where pages move, without those that are known to lose some.
   */
  private List<Rival> selves(Workbench workbench, String under) {
    Profile own = workbench.configs().profile(under);
    List<Rival> rivals = new ArrayList<>();
    for (Profile other : workbench.configs().profiles().values()) {
      String promised = moving ? other.resultClass() : other.classLetter();
      if (!other.name().equals(under) && promised.equals(own.classLetter())) {
        MachineConfig config = config(workbench, other.name());
        rivals.add(
            new Rival(other.name(), machine -> workbench.bootPortToCompare(machine, config)));
      }
    }
    return rivals;
  }

  private static MachineConfig config(Workbench workbench, String profile) {
    return workbench.configs().load(ConfigSource.ofProfile(profile));
  }

  private int fuzz(Workbench workbench, String under, List<Rival> rivals, Repertoire repertoire) {
    var _ = SafeFile.folder(folder);
    PrintWriter out = spec.commandLine().getOut();
    MachineConfig config = config(workbench, under);
    boolean kernel = rivals.stream().anyMatch(rival -> rival.name().equals(HOST));
    // a kernel shows its own profits; the port under another profile those of the usual item
    Booting<PortBackend> port =
        machine ->
            kernel
                ? workbench.bootPort(machine, config)
                : workbench.bootPortToCompare(machine, config);
    Fuzzer fuzzer = new Fuzzer(port, rivals, ops, repertoire);
    long start = System.nanoTime();
    long from = seed == null ? System.currentTimeMillis() : seed;
    out.printf("seed %d, %s against %s%n", from, under, rivals.stream().map(Rival::name).toList());
    long done = 0;
    int findings = 0;
    try (Progress progress = new Progress()) {
      while (done < count && !isOver(start)) {
        Finding finding = fuzzer.round(from, done++);
        progress.show("fuzz", done, count);
        if (finding != null) {
          findings++;
          report(finding, out);
        }
      }
    }
    out.printf(
        "%,d scenarios, %,d statements compared (%,d of them failed alike), %,d drafts left out,"
            + " %,d differences%n",
        done, fuzzer.compared(), fuzzer.failing(), fuzzer.leftOut(), findings);
    return findings == 0 ? ExitCode.OK : ExitCode.FAILED;
  }

  private boolean isOver(long start) {
    return minutes != null && System.nanoTime() - start > TimeUnit.MINUTES.toNanos(minutes);
  }

  private void report(Finding finding, PrintWriter out) {
    out.printf("%s: the port and %s differ%n", finding.name(), finding.rival());
    finding.lines().forEach(line -> out.println("    " + line));
    finding.differences().forEach(line -> out.println("  " + line));
    Path scenario = folder.resolve(finding.name() + ".scenario");
    List<String> text = new ArrayList<>(finding.lines());
    finding.differences().forEach(line -> text.add("# " + line.strip()));
    SafeFile.write(scenario, String.join("\n", text) + "\n");
    write(finding.name() + ".port.json", finding.port());
    write(finding.name() + "." + finding.rival() + ".json", finding.other());
    out.println("  written to " + scenario);
  }

  private void write(String name, @Nullable ResultDocument document) {
    if (document != null) {
      SafeFile.write(folder.resolve(name), ResultJson.pretty(document));
    }
  }
}
