// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.samepage.app.bench.KernelWalk;
import org.samepage.app.bench.PostedBenchmark;
import org.samepage.app.bench.PostedRow;
import org.samepage.app.bench.RmapWalkBench;
import org.samepage.app.bench.RmapWalkReport;
import org.samepage.app.bench.RmapWalkRow;
import org.samepage.app.bench.WalkLayout;
import org.samepage.app.workbench.ExitCode;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.app.workbench.Workbench;
import org.samepage.machine.SyscallException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code samepage bench rmap-walk}. */
@Command(
    name = "rmap-walk",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Walks over the mappings of a merged page under each rmap-walk strategy: counts and times.",
      "L1: one process, a VMA for each page, all of one anon_vma. L2: the same, with children"
          + " forked after the merge. L3: 16 pages that mremap moved before they were merged. Then"
          + " the posted benchmark, with its 20,000 VMAs. Beside them, as root, the walk of this"
          + " machine's own kernel in the layout of L1."
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:measured; where the kernel could not be, it says why",
      "2:the command cannot be used",
      "70:an error of our own"
    })
final class BenchRmapWalkCommand implements Callable<Integer> {
  private static final long NANOS_EACH = 300_000_000;
  private static final int MAX_VMAS = 1_000_000;

  @Option(
      names = "--vmas",
      paramLabel = "N",
      defaultValue = "22169",
      description = "VMAs of L1 and L2. Default: ${DEFAULT-VALUE}, as in the posted figures.")
  private int vmas;

  @Option(
      names = "--children",
      paramLabel = "N",
      defaultValue = "2",
      description = "Children of L2. Default: ${DEFAULT-VALUE}.")
  private int children;

  @Option(
      names = "--sharers",
      paramLabel = "N",
      defaultValue = "2",
      description = "Pages of L1 and L2 that are merged into one, 2 to 256. Default: 2.")
  private int sharers;

  @Mixin private JsonOption json = new JsonOption();

  @Mixin private HostOptions host = new HostOptions();

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  BenchRmapWalkCommand() {}

  @Override
  public Integer call() throws SyscallException {
    WalkLayout.Size size = size();
    json.check();
    Workbench workbench = SamepageCommand.workbench(spec);
    RmapWalkBench bench = new RmapWalkBench(workbench, NANOS_EACH);
    List<RmapWalkRow> rows = new ArrayList<>();
    for (WalkLayout layout : WalkLayout.values()) {
      for (String strategy : bench.strategies()) {
        rows.add(bench.row(layout, strategy, size));
      }
    }
    PostedBenchmark benchmark = new PostedBenchmark(workbench, bench, PostedBenchmark.PAGES);
    List<PostedRow> posted = new ArrayList<>();
    for (String strategy : bench.strategies()) {
      posted.addAll(benchmark.rows(strategy));
    }
    RmapWalkReport report = withKernel(rows, posted);
    json.write(spec.commandLine().getOut(), report::print, report::json);
    return ExitCode.OK;
  }

  private WalkLayout.Size size() {
    if (sharers < 2 || sharers > 256) {
      throw new UserMistakeException("--sharers takes 2 to 256, not " + sharers);
    }
    if (vmas < 2 * sharers || vmas > MAX_VMAS) {
      throw new UserMistakeException(
          "--vmas takes %d (two for each sharer) to %d, not %d"
              .formatted(2 * sharers, MAX_VMAS, vmas));
    }
    if (children < 0) {
      throw new UserMistakeException("--children takes at least 0, not " + children);
    }
    return new WalkLayout.Size(vmas, children, sharers);
  }

  private RmapWalkReport withKernel(List<RmapWalkRow> rows, List<PostedRow> posted) {
    List<KernelWalk> walks = new ArrayList<>();
    String noKernel =
        host.measure(
            KernelWalk.PROGRAM,
            spec.commandLine().getErr(),
            kernel -> {
              walks.add(KernelWalk.of(kernel, vmas, "first"));
              walks.add(KernelWalk.of(kernel, vmas, "last"));
            });
    return new RmapWalkReport(rows, posted, walks, noKernel);
  }
}
