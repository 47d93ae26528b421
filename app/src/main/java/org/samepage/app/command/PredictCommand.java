// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.samepage.app.capture.PredictionReport;
import org.samepage.app.output.Progress;
import org.samepage.app.output.SafeFile;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.capture.chart.SvgChart;
import org.samepage.capture.format.CaptureException;
import org.samepage.capture.predict.Census;
import org.samepage.capture.predict.MergeScope;
import org.samepage.capture.predict.Prediction;
import org.samepage.capture.predict.PredictionJson;
import org.samepage.capture.predict.Predictor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code samepage predict}. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Boots a machine from a capture, lets its ksmd run until it settles, and says what that saves"
          + " and costs.",
      "Every process is mergeable, as by PR_SET_MEMORY_MERGE."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:predicted",
      "2:the capture, the configuration or the command cannot be used"
    })
final class PredictCommand implements Callable<Integer> {
  private static final String DEFAULT_PROFILE = "linux-6.18";

  @Parameters(paramLabel = "FILE", description = "A capture; see 'samepage capture'.")
  private Path file = Path.of("");

  @Option(
      names = "--profiles",
      paramLabel = "P",
      split = ",",
      description = "Under each of these profiles. Default: linux-6.18.")
  private List<String> profiles = List.of(DEFAULT_PROFILE);

  @Mixin private MachineOptions machine = new MachineOptions();

  @Option(
      names = "--only",
      paramLabel = "NAME|RANGE",
      description =
          "Only this is mergeable: processes or mappings of a name, or a range of addresses.")
  private @Nullable String only;

  @Option(names = "--flagged", description = "Only what was mergeable when it was captured.")
  private boolean flagged;

  @Option(
      names = "--json",
      paramLabel = "FILE|-",
      description = "Write everything to a file as JSON; '-' prints it.")
  private @Nullable String json;

  @Option(
      names = "--svg",
      paramLabel = "FILE",
      description = "Draw the saving over the pages scanned.")
  private @Nullable Path svg;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  PredictCommand() {}

  @Override
  public Integer call() throws IOException, CaptureException {
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      throw new UserMistakeException(file + " cannot be read");
    }
    Path jsonFile = json == null || json.equals("-") ? null : SafeFile.check(Path.of(json));
    if (svg != null) {
      var _ = SafeFile.check(svg);
    }
    Workbench workbench = new Workbench();
    MergeScope scope = scope();
    Census census = Predictor.census(file);
    refuseTooLarge(census);
    List<Prediction> predictions = new ArrayList<>();
    try (Progress progress = new Progress()) {
      for (String profile : profiles) {
        Predictor.Wish wish =
            new Predictor.Wish(workbench.configs().load(machine.source(profile)), scope, null);
        predictions.add(
            workbench
                .predictor()
                .predict(
                    file,
                    census,
                    wish,
                    scanned -> progress.show(profile, scanned, 3 * census.pages())));
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    if ("-".equals(json)) {
      out.print(PredictionJson.pretty(census, predictions));
    } else {
      PredictionReport.print(out, census, predictions);
    }
    if (jsonFile != null) {
      SafeFile.write(jsonFile, PredictionJson.pretty(census, predictions));
    }
    if (svg != null) {
      SafeFile.write(svg, SvgChart.of(predictions));
    }
    return ExitCode.OK;
  }

  private MergeScope scope() {
    if (flagged && only != null) {
      throw new UserMistakeException("--only and --flagged exclude each other");
    }
    if (flagged) {
      return MergeScope.FLAGGED;
    }
    return only == null ? MergeScope.ALL : MergeScope.of(only);
  }

  private void refuseTooLarge(Census census) {
    long needed = Predictor.bytesNeeded(census);
    if (needed > Runtime.getRuntime().maxMemory()) {
      throw new UserMistakeException(
          "%s has %,d pages; to predict from it takes about %,d MiB of heap: set"
                  .formatted(file, census.pages(), needed >> 20)
              + " JAVA_TOOL_OPTIONS=-Xmx%dm".formatted((needed >> 20) + 256));
    }
  }
}
