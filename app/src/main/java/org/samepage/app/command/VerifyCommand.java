// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.samepage.app.capture.KernelRun;
import org.samepage.app.capture.KeyFile;
import org.samepage.app.capture.LiveRun;
import org.samepage.app.capture.VerifyTable;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.capture.format.CaptureException;
import org.samepage.capture.format.CaptureFile;
import org.samepage.capture.format.CaptureWriter;
import org.samepage.capture.format.Contents;
import org.samepage.capture.live.ProcessSelection;
import org.samepage.capture.predict.Census;
import org.samepage.capture.predict.MergeScope;
import org.samepage.capture.predict.Prediction;
import org.samepage.capture.predict.Predictor;
import org.samepage.host.SurroundingsException;
import org.samepage.host.session.HostSession;
import org.samepage.machine.config.MachineConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code samepage verify}. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Starts commands, captures them, predicts, then lets the real ksmd merge them, and prints"
          + " each predicted figure beside the kernel's.",
      "Needs root and KSM. The settings of KSM are put back afterwards, and the commands ended."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:compared",
      "2:the command cannot be used",
      "3:the machine lacks something, or someone is in the way"
    })
final class VerifyCommand implements Callable<Integer> {
  private static final String PROFILE = "linux-6.18";

  @Parameters(
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "What to start; each one is one quoted line for the shell.")
  private List<String> commands = List.of();

  @Option(
      names = "--warmup",
      paramLabel = "SECONDS",
      defaultValue = "5",
      description = "How long the commands run before they are captured. Default: 5.")
  private long warmup;

  @Option(
      names = "--freeze",
      description = "Stop the commands before the capture: none of them changes meanwhile.")
  private boolean freeze;

  @Option(
      names = "--every",
      paramLabel = "SECONDS",
      description = "Several snapshots, for commands that work: which pages change.")
  private @Nullable Double every;

  @Option(names = "--count", paramLabel = "N", description = "How many snapshots. Default: 10.")
  private int count = 10;

  @Option(names = "--keep", paramLabel = "FILE", description = "Keep the capture.")
  private @Nullable Path keep;

  @Option(names = "--profile", paramLabel = "P", description = "The port's. Default: linux-6.18.")
  private String profile = PROFILE;

  @Mixin private MachineOptions machine = new MachineOptions();

  @Mixin private HostOptions host = new HostOptions();

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  VerifyCommand() {}

  @Override
  public Integer call() throws IOException, CaptureException {
    if (warmup < 0 || warmup > 3_600) {
      throw new UserMistakeException("--warmup takes 0 to 3600 seconds");
    }
    Workbench workbench = new Workbench();
    MachineConfig config = workbench.configs().load(machine.source(profile));
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Path folder = Files.createTempDirectory("samepage-verify-");
    Path file = keep != null ? keep : folder.resolve("verify.capture");
    try (HostSession session = host.open(err)) {
      session.begin(config.ksm());
      List<Integer> pids = start(session, folder, out);
      capture(session, pids, file, err);
      Census census = Predictor.census(file);
      Prediction predicted =
          workbench
              .predictor()
              .predict(file, census, new Predictor.Wish(config, MergeScope.FLAGGED, null), _ -> {});
      out.printf(
          "%,d processes, %,d anonymous pages; %d passes%n",
          census.processes().size(), census.pages(), predicted.passes().size());
      out.flush();
      KernelRun kernel = new KernelRun(session);
      kernel.run(predicted.passes().size());
      session.refuseForeignUsers();
      VerifyTable.print(out, predicted, kernel);
    } finally {
      clean(folder);
    }
    return ExitCode.OK;
  }

  private List<Integer> start(HostSession session, Path folder, PrintWriter out) {
    List<Integer> pids = new ArrayList<>();
    for (String command : commands) {
      int pid = (int) session.startCommand(command, folder.resolve(pids.size() + ".log"));
      out.printf("%8d  %s%n", pid, command);
      pids.add(pid);
    }
    sleep(warmup);
    List<Integer> all = ProcessSelection.select(pids, null, true);
    all.forEach(session::own);
    for (int pid : pids) {
      if (!Files.exists(Path.of("/proc", Integer.toString(pid), "exe"))) {
        throw new SurroundingsException(
            "'%s' has ended; what it printed: %s"
                .formatted(commands.get(pids.indexOf(pid)), log(folder, pids.indexOf(pid))));
      }
    }
    return all;
  }

  private static String log(Path folder, int number) {
    try {
      String text = Files.readString(folder.resolve(number + ".log")).strip();
      return text.isEmpty() ? "nothing" : text;
    } catch (IOException e) {
      return "nothing";
    }
  }

  private static void sleep(long seconds) {
    try {
      TimeUnit.SECONDS.sleep(seconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SurroundingsException("interrupted", e);
    }
  }

  private void capture(HostSession session, List<Integer> pids, Path file, PrintWriter err)
      throws IOException {
    if (freeze) {
      stop(pids);
    }
    session.drainLru();
    try (CaptureFile to = CaptureFile.create(file)) {
      CaptureWriter writer = new CaptureWriter(to.out());
      LiveRun run = new LiveRun(writer, KeyFile.key(null), Contents.HASH, err);
      run.take(() -> pids, every == null ? 1 : count, every == null ? 0 : Math.round(every * 1000));
      writer.finish();
      to.keep();
    }
  }

  private static void stop(List<Integer> pids) throws IOException {
    List<String> kill = new ArrayList<>(List.of("kill", "-STOP"));
    pids.forEach(pid -> kill.add(pid.toString()));
    try {
      if (new ProcessBuilder(kill).inheritIO().start().waitFor() != 0) {
        throw new SurroundingsException("the commands cannot be stopped");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SurroundingsException("interrupted", e);
    }
  }

  private static void clean(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
