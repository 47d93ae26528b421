// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code samepage bench rmap-walk} found.
 *
 * @param kernel empty where the kernel was not measured
 * @param noKernel why it was not; null where it was
 */
public record RmapWalkReport(
    List<RmapWalkRow> rows,
    List<PostedRow> posted,
    List<KernelWalk> kernel,
    @Nullable String noKernel) {
  /** The document. */
  public String json() {
    return BenchDocument.json(this);
  }

  /** Three tables. */
  public void print(PrintWriter out) {
    out.println("The walk of try_to_unmap; the first three counts are the largest of any one loop");
    out.printf(
        "%-6s %-24s %10s %12s %11s %6s %8s %10s %12s %8s%n",
        "layout",
        "strategy",
        "iterations",
        "out_of_range",
        "mm_mismatch",
        "found",
        "2nd pass",
        "visits",
        "ns/walk",
        "ns/visit");
    for (RmapWalkRow row : rows) {
      out.printf(
          "%-6s %-24s %,10d %,12d %,11d %,6d %,8d %,10d %,12d %8.1f%n",
          row.layout(),
          row.strategy(),
          row.iterations(),
          row.outOfRange(),
          row.mmMismatch(),
          row.ptesFound(),
          row.secondPasses(),
          row.visits(),
          row.nanos(),
          row.nanosPerVisit());
    }
    printKernel(out);
    out.println("The posted benchmark; visits are those of the longest walk");
    out.printf(
        "%-24s %-5s %12s %14s %14s %6s%n",
        "strategy", "pages", "visits", "max ns", "average ns", "walks");
    for (PostedRow row : posted) {
      out.printf(
          "%-24s %-5s %,12d %,14d %,14d %,6d%n",
          row.strategy(), row.pageType(), row.visits(), row.maxNs(), row.avgNs(), row.count());
    }
  }

  private void printKernel(PrintWriter out) {
    out.println("This machine's own kernel, a walk within the reclaim of one page");
    if (noKernel != null) {
      out.println("  not measured: " + noKernel);
      return;
    }
    for (KernelWalk walk : kernel) {
      out.printf(
          "%-6s %-24s %51s %,10d %,12d %8.1f%n",
          walk.mode(), "", "", walk.visits(), walk.nanos(), walk.nanosPerVisit());
    }
  }
}
