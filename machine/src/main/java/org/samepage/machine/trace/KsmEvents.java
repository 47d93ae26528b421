// SPDX-License-Identifier: GPL-2.0-only
// Fields of include/trace/events/ksm.h.
package org.samepage.machine.trace;

import jdk.jfr.Category;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Unsigned;

/**
 * The events of trace system {@code ksm}.
 *
 * <p>A field that is a pointer in the kernel holds the object's identity hash: the same number for
 * the same object, as {@code %p} prints them; 0 for null.
 */
final class KsmEvents {
  private KsmEvents() {}

  /** Every event by default: off. */
  @Category({"Kernel", "ksm"})
  @Enabled(false)
  @StackTrace(false)
  abstract static class KsmEvent extends Event {}

  @Name("ksm.ksm_start_scan")
  @Label("A full pass begins")
  static final class KsmStartScan extends KsmEvent {
    @Name("seq")
    int seq;

    @Name("rmap_entries")
    @Unsigned
    int rmapEntries;
  }

  @Name("ksm.ksm_stop_scan")
  @Label("A full pass is complete")
  static final class KsmStopScan extends KsmEvent {
    @Name("seq")
    int seq;

    @Name("rmap_entries")
    @Unsigned
    int rmapEntries;
  }

  @Name("ksm.ksm_enter")
  @Label("An mm came to ksmd's list")
  static final class KsmEnter extends KsmEvent {
    @Name("mm")
    long mm;
  }

  @Name("ksm.ksm_exit")
  @Label("An mm's exit passed KSM")
  static final class KsmExit extends KsmEvent {
    @Name("mm")
    long mm;
  }

  @Name("ksm.ksm_merge_one_page")
  @Label("The zero page was to be mapped")
  static final class KsmMergeOnePage extends KsmEvent {
    @Name("pfn")
    long pfn;

    @Name("rmap_item")
    long rmapItem;

    @Name("mm")
    long mm;

    @Name("err")
    int err;
  }

  @Name("ksm.ksm_merge_with_ksm_page")
  @Label("A page was to become, or be replaced by, a KSM page")
  static final class KsmMergeWithKsmPage extends KsmEvent {
    @Name("ksm_page")
    long ksmPage;

    @Name("pfn")
    long pfn;

    @Name("rmap_item")
    long rmapItem;

    @Name("mm")
    long mm;

    @Name("err")
    int err;
  }

  @Name("ksm.ksm_remove_ksm_page")
  @Label("A stable node goes")
  static final class KsmRemoveKsmPage extends KsmEvent {
    @Name("pfn")
    long pfn;
  }

  @Name("ksm.ksm_remove_rmap_item")
  @Label("An item goes with its stable node")
  static final class KsmRemoveRmapItem extends KsmEvent {
    @Name("pfn")
    long pfn;

    @Name("rmap_item")
    long rmapItem;

    @Name("mm")
    long mm;
  }

  @Name("ksm.ksm_advisor")
  @Label("The advisor has set pages_to_scan")
  static final class KsmAdvisor extends KsmEvent {
    @Name("scan_time")
    long scanTime;

    @Name("pages_to_scan")
    @Unsigned
    long pagesToScan;

    @Name("cpu_percent")
    @Unsigned
    int cpuPercent;
  }
}
