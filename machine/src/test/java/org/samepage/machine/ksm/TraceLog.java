// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import java.util.ArrayList;
import java.util.List;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.trace.KsmTrace;
import org.samepage.mm.vma.Mm;

/** Writes KSM's events down, a line each. */
final class TraceLog implements KsmTrace {
  final List<String> lines = new ArrayList<>();

  @Override
  public void ksmStartScan(int seq, int rmapEntries) {
    lines.add("start_scan %d %d".formatted(seq, rmapEntries));
  }

  @Override
  public void ksmStopScan(int seq, int rmapEntries) {
    lines.add("stop_scan %d %d".formatted(seq, rmapEntries));
  }

  @Override
  public void ksmEnter(Mm mm) {
    lines.add("enter");
  }

  @Override
  public void ksmExit(Mm mm) {
    lines.add("exit");
  }

  @Override
  public void ksmMergeOnePage(long pfn, KsmRmapItem rmapItem, Mm mm, int err) {
    lines.add("merge_one_page %d %d".formatted(pfn, err));
  }

  @Override
  public void ksmMergeWithKsmPage(int ksmPage, long pfn, KsmRmapItem rmapItem, Mm mm, int err) {
    lines.add("merge_with_ksm_page %d %d %d".formatted(ksmPage, pfn, err));
  }

  @Override
  public void ksmRemoveKsmPage(long pfn) {
    lines.add("remove_ksm_page " + pfn);
  }

  @Override
  public void ksmRemoveRmapItem(long pfn, KsmRmapItem rmapItem, Mm mm) {
    lines.add("remove_rmap_item " + pfn);
  }

  @Override
  public void ksmAdvisor(long scanTime, long pagesToScan, int cpuPercent) {
    lines.add("advisor %d %d %d".formatted(scanTime, pagesToScan, cpuPercent));
  }
}
