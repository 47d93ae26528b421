// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/trace/events/ksm.h.
package org.samepage.ksm.trace;

import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.trace.Probe;
import org.samepage.mm.vma.Mm;

/**
 * A probe: told of KSM's events as they happen, with locks held.
 *
 * <p>Numbers have the width that the kernel's events have; what the kernel gives as a pointer comes
 * as the object. {@code err} is 0 or a negative errno.
 */
public interface KsmTrace extends Probe {
  /**
   * A full pass begins.
   *
   * @param seq completed passes, cut to an int
   * @param rmapEntries items there are, cut to 32 bits
   */
  @PortedFrom("include/trace/events/ksm.h:ksm_start_scan")
  default void ksmStartScan(int seq, int rmapEntries) {}

  /** It is complete; {@code seq} is what it was at its start. */
  @PortedFrom("include/trace/events/ksm.h:ksm_stop_scan")
  default void ksmStopScan(int seq, int rmapEntries) {}

  /** An mm came to ksmd's list. */
  @PortedFrom("include/trace/events/ksm.h:ksm_enter")
  default void ksmEnter(Mm mm) {}

  /** An mm's exit passed KSM, whether or not its slot is gone by now. */
  @PortedFrom("include/trace/events/ksm.h:ksm_exit")
  default void ksmExit(Mm mm) {}

  /** ksmd tried to map the zero page in a page's place; {@code pfn} is the zero page's. */
  @PortedFrom("include/trace/events/ksm.h:ksm_merge_one_page")
  default void ksmMergeOnePage(long pfn, KsmRmapItem rmapItem, Mm mm, int err) {}

  /**
   * ksmd tried to make a page a KSM page, or to map one in its place.
   *
   * @param ksmPage the pfn of the KSM page, or -1 for the former
   * @param pfn of the KSM page, or of the page where there is none
   */
  @PortedFrom("include/trace/events/ksm.h:ksm_merge_with_ksm_page")
  default void ksmMergeWithKsmPage(int ksmPage, long pfn, KsmRmapItem rmapItem, Mm mm, int err) {}

  /** A stable node goes, because its page is gone. */
  @PortedFrom("include/trace/events/ksm.h:ksm_remove_ksm_page")
  default void ksmRemoveKsmPage(long pfn) {}

  /** An item, not the last, is let go with its stable node. */
  @PortedFrom("include/trace/events/ksm.h:ksm_remove_rmap_item")
  default void ksmRemoveRmapItem(long pfn, KsmRmapItem rmapItem, Mm mm) {}

  /** The advisor has set {@code pages_to_scan}. */
  @PortedFrom("include/trace/events/ksm.h:ksm_advisor")
  default void ksmAdvisor(long scanTime, long pagesToScan, int cpuPercent) {}
}
