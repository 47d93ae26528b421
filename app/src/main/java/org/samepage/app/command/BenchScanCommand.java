// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.PrintWriter;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.samepage.app.bench.KernelProgram;
import org.samepage.app.bench.ScanBench;
import org.samepage.app.bench.ScanContent;
import org.samepage.app.bench.ScanRow;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.machine.SyscallException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code samepage bench scan}. */
@Command(
    name = "scan",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Full passes of ksmd over the pages of one process, smart scan off: time for each page, bytes"
          + " hashed and bytes compared.",
      "Contents are distinct, same, pairs and cycle7, each on a machine of its own. Times are CPU"
          + " time of the thread. Beside them, as root, CPU time of this machine's own ksmd on the"
          + " same contents, and the ratio.",
      "At the end, what a page takes after the last pass. Off the heap: bytes of contents, and what"
          + " is held there for new ones. On the heap: all else of the machine."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:measured; where the kernel could not be, it says why",
      "2:the command cannot be used",
      "70:an error of our own"
    })
final class BenchScanCommand implements Callable<Integer> {
  private static final long MAX_PAGES = 262_144;

  @Option(
      names = "--pages",
      paramLabel = "N",
      defaultValue = "65536",
      description = "Pages of the process. Default: ${DEFAULT-VALUE}.")
  private long pages;

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "3",
      description = "Runs of each content; the last is printed. Default: ${DEFAULT-VALUE}.")
  private int runs;

  @Option(
      names = "--content",
      paramLabel = "C",
      split = ",",
      description = "Only these: ${COMPLETION-CANDIDATES}. Default: all.")
  private Set<ScanContent> contents = EnumSet.allOf(ScanContent.class);

  @Option(
      names = "--profile",
      paramLabel = "P",
      defaultValue = "linux-6.18",
      description = "The port's profile. Default: ${DEFAULT-VALUE}.")
  private String profile = "linux-6.18";

  @Mixin private HostOptions host = new HostOptions();

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  BenchScanCommand() {}

  @Override
  public Integer call() throws SyscallException {
    if (pages < 2 || pages > MAX_PAGES) {
      throw new UserMistakeException("--pages takes 2 to %d, not %d".formatted(MAX_PAGES, pages));
    }
    if (runs < 1) {
      throw new UserMistakeException("--runs takes at least 1, not " + runs);
    }
    Workbench workbench = SamepageCommand.workbench(spec);
    workbench.configs().profile(profile);
    ScanBench bench = new ScanBench(workbench, profile);
    PrintWriter out = spec.commandLine().getOut();
    out.println("content   pages   pass  ns/page  kernel  ratio  bytes_hashed  bytes_compared");
    String reason = measure(bench, out);
    if (reason != null) {
      spec.commandLine().getErr().println("samepage: without the kernel: " + reason);
    }
    return ExitCode.OK;
  }

  /** Returns why the kernel was not measured too, or null. */
  private @Nullable String measure(ScanBench bench, PrintWriter out) throws SyscallException {
    PrintWriter err = spec.commandLine().getErr();
    String reason = host.measure(ScanBench.PROGRAM, err, kernel -> all(bench, out, kernel));
    if (reason != null) {
      all(bench, out, null);
    }
    return reason;
  }

  private void all(ScanBench bench, PrintWriter out, @Nullable KernelProgram kernel)
      throws SyscallException {
    Map<ScanContent, ScanBench.Result> results = new EnumMap<>(ScanContent.class);
    for (ScanContent content : contents) {
      for (int run = 1; run < runs; run++) {
        var _ = bench.measure(content, pages, null);
      }
      ScanBench.Result result = bench.measure(content, pages, kernel);
      print(result.rows(), out);
      results.put(content, result);
    }
    out.println("content   pages  contents_B/page  free_B/page  heap_B/page");
    results.forEach((content, result) ->
        out.printf(
            Locale.ROOT,
            "%-8s %7d %16.1f %12.1f %12.1f%n",
            content.word(),
            pages,
            result.contentsPerPage(),
            result.freePerPage(),
            result.heapPerPage()));
  }

  private static void print(List<ScanRow> rows, PrintWriter out) {
    for (ScanRow row : rows) {
      boolean beside = !Double.isNaN(row.kernelNanosPerPage());
      out.printf(
          Locale.ROOT,
          "%-8s %7d %5d %8.1f %7s %6s %13d %15d%n",
          row.content(),
          row.pages(),
          row.pass(),
          row.nanosPerPage(),
          beside ? String.format(Locale.ROOT, "%.1f", row.kernelNanosPerPage()) : "-",
          beside ? String.format(Locale.ROOT, "%.2f", row.ratio()) : "-",
          row.bytesHashed(),
          row.bytesCompared());
    }
  }
}
