// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.samepage.app.capture.CoreRun;
import org.samepage.app.capture.KeyFile;
import org.samepage.app.capture.LiveRun;
import org.samepage.app.output.SafeFile;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.capture.digest.CaptureKey;
import org.samepage.capture.format.CaptureException;
import org.samepage.capture.format.CaptureFile;
import org.samepage.capture.format.CaptureVisitor;
import org.samepage.capture.format.CaptureWriter;
import org.samepage.capture.format.Contents;
import org.samepage.capture.live.ProcessSelection;
import org.samepage.capture.text.ScenarioText;
import org.samepage.host.SurroundingsException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code samepage capture}. */
@Command(
    name = "capture",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes the memory of processes to a file, for 'samepage predict': mappings, states of pages,"
          + " and a keyed hash of each page.",
      "Processes go on running. docs/reference/capture.adoc says what the file gives away."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:everything was captured",
      "1:the file is written, and something is missing in it; standard error says what",
      "2:the command cannot be used",
      "3:nothing could be captured"
    })
final class CaptureCommand implements Callable<Integer> {
  @Parameters(arity = "0..*", paramLabel = "PID", description = "Processes.")
  private List<Integer> pids = List.of();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "The file to write.")
  private Path file = Path.of("");

  @Option(
      names = "--match",
      paramLabel = "REGEX",
      description = "Processes whose name or command line has this somewhere.")
  private @Nullable String match;

  @Option(names = "--children", description = "What descends from these, too.")
  private boolean children;

  @Option(
      names = "--core",
      arity = "1..*",
      paramLabel = "FILE",
      description =
          "ELF core files instead of processes, as gcore writes them. They do not say which pages"
              + " of zeros were ever touched.")
  private List<Path> cores = List.of();

  @Option(
      names = "--core-zeros",
      paramLabel = "absent|present",
      defaultValue = "ABSENT",
      description = "What a page of zeros in a core file is taken as. Default: absent.")
  private CoreRun.Zeros coreZeros = CoreRun.Zeros.ABSENT;

  @Option(
      names = "--contents",
      paramLabel = "hash|full",
      defaultValue = "HASH",
      description = "What to keep of a page: a keyed hash, or that and its bytes. Default: hash.")
  private Contents contents = Contents.HASH;

  @Option(
      names = "--every",
      paramLabel = "SECONDS",
      description = "Several snapshots, so far from one another: they show which pages change.")
  private @Nullable Double every;

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "How many snapshots. Default: 1, with --every 10.")
  private @Nullable Integer count;

  @Option(
      names = "--as-scenario",
      description =
          "Write a scenario instead: which pages are equal, on mappings of the same sizes; for"
              + " 'samepage run' and 'compare'.")
  private boolean asScenario;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description =
          "The key of the hashes: 32 bytes. Captures under one key can be compared. Default: a"
              + " random one that is not kept.")
  private @Nullable Path key;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  CaptureCommand() {}

  @Override
  public Integer call() throws IOException, CaptureException {
    if (pids.isEmpty() && match == null && cores.isEmpty()) {
      throw new UserMistakeException("which processes? Name them, or use --match or --core");
    }
    if (!cores.isEmpty() && (!pids.isEmpty() || match != null || every != null)) {
      throw new UserMistakeException("--core goes with no processes and no --every");
    }
    if (asScenario && every != null) {
      throw new UserMistakeException("--as-scenario takes one snapshot, so no --every");
    }
    int snapshots = snapshots();
    Pattern pattern = pattern();
    CaptureKey secret = KeyFile.key(key);
    var _ = SafeFile.check(file);
    PrintWriter err = spec.commandLine().getErr();
    try (CaptureFile out = CaptureFile.create(file)) {
      boolean whole;
      if (asScenario) {
        Writer text = new OutputStreamWriter(out.out(), StandardCharsets.UTF_8);
        ScenarioText scenario = new ScenarioText(text);
        whole = take(scenario, 1, secret, pattern, err);
        scenario.finish();
        text.flush();
      } else {
        CaptureWriter writer = new CaptureWriter(out.out());
        whole = take(writer, snapshots, secret, pattern, err);
        writer.finish();
      }
      out.keep();
      spec.commandLine().getOut().printf("%s: %,d bytes%n", file, Files.size(file));
      return whole ? ExitCode.OK : ExitCode.FAILED;
    }
  }

  /** Returns whether everything was had. */
  private boolean take(
      CaptureVisitor out,
      int snapshots,
      CaptureKey secret,
      @Nullable Pattern pattern,
      PrintWriter err)
      throws IOException, CaptureException {
    if (!cores.isEmpty()) {
      CoreRun.take(out, cores, secret, contents, coreZeros, err);
      return true;
    }
    LiveRun run = new LiveRun(out, secret, contents, err);
    List<Integer> named = new ArrayList<>(pids);
    long millis = every == null ? 0 : Math.round(every * 1000);
    run.take(() -> ProcessSelection.select(named, pattern, children), snapshots, millis);
    if (run.whole() + run.broken() + run.missing() == 0) {
      throw new SurroundingsException("no process matches " + match);
    }
    if (run.whole() + run.broken() == 0) {
      throw new SurroundingsException("nothing could be captured, so no file is written");
    }
    return run.broken() + run.missing() == 0;
  }

  private int snapshots() {
    if (every != null && !(every > 0 && every <= 86_400)) {
      throw new UserMistakeException("--every takes seconds, more than 0 and at most 86400");
    }
    if (count != null && (count < 1 || (count > 1 && every == null))) {
      throw new UserMistakeException("--count takes at least 1, and --every where it is more");
    }
    return count != null ? count : every == null ? 1 : 10;
  }

  private @Nullable Pattern pattern() {
    try {
      return match == null ? null : Pattern.compile(match);
    } catch (PatternSyntaxException e) {
      throw new UserMistakeException("--match: " + e.getDescription() + " in " + match);
    }
  }
}
