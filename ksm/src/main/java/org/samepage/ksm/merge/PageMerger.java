// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.merge;

import java.util.Objects;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.trace.KsmTracepoints;
import org.samepage.ksm.tree.MergeableVmas;
import org.samepage.ksm.tree.RmapItems;
import org.samepage.ksm.tree.StableNodes;
import org.samepage.ksm.unmerge.BreakCow;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.split.SplitFolio;

/** Merges pages whose content was found to be the same. All methods: true for success. */
final class PageMerger {
  private final KsmState state;
  private final StableNodes nodes;
  private final RmapItemLayout layout;
  private final RmapItems items;
  private final BreakCow breakCow;
  private final Folios folios;
  private final AnonVmas anonVmas;
  private final PageReplacer replacer;
  private final KsmTracepoints trace;
  private final SplitFolio splitFolio;
  private final int zeroChecksum;

  PageMerger(
      KsmState state,
      StableNodes nodes,
      RmapItemLayout layout,
      RmapItems items,
      BreakCow breakCow,
      Folios folios,
      AnonVmas anonVmas,
      PageReplacer replacer,
      SplitFolio splitFolio,
      KsmTracepoints trace,
      int zeroChecksum) {
    this.splitFolio = splitFolio;
    this.trace = trace;
    this.state = state;
    this.nodes = nodes;
    this.layout = layout;
    this.items = items;
    this.breakCow = breakCow;
    this.folios = folios;
    this.anonVmas = anonVmas;
    this.replacer = replacer;
    this.zeroChecksum = zeroChecksum;
  }

  /**
   * Maps {@code kpage} where {@code page} is, or makes {@code page} a KSM page itself.
   *
   * @param kpage {@link Frames#NO_PAGE} for the latter
   */
  @PortedFrom(
      value = "mm/ksm.c:try_to_merge_one_page",
      fidelity = Fidelity.ADAPTED,
      differs = "true for success, where C returns 0")
  private boolean tryToMergeOnePage(VmArea vma, int page, int kpage) {
    if (page == kpage) {
      return true; // forked
    }
    int folio = folios.pageFolio(page);
    if (!folios.folioTestAnon(folio) || !folios.folioTrylock(folio)) {
      return false;
    }
    if (folios.folioTestLarge(folio) && splitFolio.splitHugePage(page) != 0) {
      folios.folioUnlock(folio);
      return false;
    }
    boolean merged = false;
    if (replacer.writeProtectPage(vma, page)) {
      if (kpage == Frames.NO_PAGE) {
        nodes.folioSetStableNode(page, null);
        folios.folioMarkAccessed(page);
        folios.folioMarkDirty(page);
        merged = true;
      } else if (folios.memcmpPages(page, kpage) == 0) {
        merged = replacer.replacePage(vma, page, kpage, replacer.origPte());
      }
    }
    folios.folioUnlock(page);
    return merged;
  }

  /** Maps the zero page where this one is. Success also where there is nothing left to map. */
  @PortedFrom("mm/ksm.c:try_to_merge_with_zero_page")
  boolean tryToMergeWithZeroPage(KsmRmapItem item, int page) {
    if (!state.knobs.useZeroPages || item.oldchecksum() != zeroChecksum) {
      return false;
    }
    Mm mm = item.mm;
    mm.mmapLock.readLock();
    VmArea vma = MergeableVmas.findMergeableVma(mm, item.pageAddress());
    boolean done = true; // out of date: there is nothing to merge
    if (vma != null) {
      boolean merged = tryToMergeOnePage(vma, page, Folios.ZERO_PFN);
      done = merged;
      if (trace.enabled()) {
        trace.emit(t -> t.ksmMergeOnePage(Folios.ZERO_PFN, item, mm, err(merged)));
      }
    }
    mm.mmapLock.readUnlock();
    return done;
  }

  /** As {@link #tryToMergeOnePage}, at an item's address; the item then waits to be appended. */
  @PortedFrom("mm/ksm.c:try_to_merge_with_ksm_page")
  boolean tryToMergeWithKsmPage(KsmRmapItem item, int page, int kpage) {
    Mm mm = item.mm;
    mm.mmapLock.readLock();
    VmArea vma = MergeableVmas.findMergeableVma(mm, item.pageAddress());
    boolean merged = vma != null && tryToMergeOnePage(vma, page, kpage);
    if (vma != null && merged) {
      items.removeRmapItemFromTree(item);
      item.anonVma = Objects.requireNonNull(vma.anonVma);
      layout.storePageIndex(item, vma.linearPageIndex(item.pageAddress()));
      anonVmas.getAnonVma(item.anonVma);
    }
    mm.mmapLock.readUnlock();
    if (trace.enabled()) {
      int pfn = kpage == Frames.NO_PAGE ? page : kpage;
      trace.emit(t -> t.ksmMergeWithKsmPage(kpage, pfn, item, mm, err(merged)));
    }
    return merged;
  }

  /** What C returns: its merges fail with {@code -EFAULT} alone. */
  private static int err(boolean merged) {
    return merged ? 0 : -Errno.EFAULT;
  }

  /** Makes {@code page} a KSM page and maps it where {@code treePage} is too; both or neither. */
  @PortedFrom(
      value = "mm/ksm.c:try_to_merge_two_pages",
      fidelity = Fidelity.ADAPTED,
      differs = "true for success, where C returns the page")
  boolean tryToMergeTwoPages(KsmRmapItem item, int page, KsmRmapItem treeItem, int treePage) {
    if (!tryToMergeWithKsmPage(item, page, Frames.NO_PAGE)) {
      return false;
    }
    if (tryToMergeWithKsmPage(treeItem, treePage, page)) {
      return true;
    }
    breakCow.breakCow(item);
    return false;
  }
}
