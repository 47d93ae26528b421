// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.unmerge;

import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.UnmergeStrategy;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.tree.MergeableVmas;
import org.samepage.ksm.tree.StableNodes;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** Undoes the first half of a merge whose second half failed. */
public final class BreakCow {
  private final StableNodes nodes;
  private final RmapItemLayout layout;
  private final UnmergeStrategy unmerge;

  public BreakCow(StableNodes nodes, RmapItemLayout layout, UnmergeStrategy unmerge) {
    this.nodes = nodes;
    this.layout = layout;
    this.unmerge = unmerge;
  }

  /** Gives an item's page back to its process, and its anon_vma reference up. */
  @PortedFrom("mm/ksm.c:break_cow")
  public void breakCow(KsmRmapItem item) {
    Mm mm = item.mm;
    nodes.putAnonVma(item);
    layout.resetPageIndex(item);
    mm.mmapLock.readLock();
    VmArea vma = MergeableVmas.findMergeableVma(mm, item.address);
    if (vma != null) {
      var _ = unmerge.breakPage(vma, item.address, false);
    }
    mm.mmapLock.readUnlock();
  }
}
