// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

/**
 * One full pass of ksmd over the pages of one process.
 *
 * @param content what the pages are
 * @param pages how many
 * @param pass from 1
 * @param nanosPerPage CPU time of the thread that ran it [ns]
 * @param bytesHashed read in order to hash them
 * @param bytesCompared read of either page in order to compare them
 * @param kernelNanosPerPage CPU time of this machine's own ksmd; NaN where it was not asked [ns]
 */
public record ScanRow(
    String content,
    long pages,
    int pass,
    double nanosPerPage,
    long bytesHashed,
    long bytesCompared,
    double kernelNanosPerPage) {

  /** The port's time for one unit of the kernel's. */
  public double ratio() {
    return nanosPerPage / kernelNanosPerPage;
  }
}
