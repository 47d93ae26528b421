// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.state;

import org.samepage.mm.port.PortedFrom;

/** ksmd's cursor: there is one. Guarded by ksm_thread_mutex; {@link #mmSlot} also by the list's. */
@PortedFrom("mm/ksm.c:ksm_scan")
public final class KsmScan {
  /** The slot under the cursor; the sentinel between full passes. */
  public KsmMmSlot mmSlot;

  /** The next address to look at in that mm. */
  public long address;

  /** The place in the list of items whose next item is to be matched. */
  public RmapLink rmapList;

  /** Completed full passes; the low eight bits are stamped into unstable items. */
  public long seqnr;

  KsmScan(KsmMmSlot head) {
    this.mmSlot = head;
    this.rmapList = head;
  }
}
