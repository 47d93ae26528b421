// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.folio;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.samepage.ksm.state.KsmKnobs;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.tree.StableNodes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonRmap;

/** Follows KSM's folios where they come back from swap, and where they move. */
public final class KsmFolios {
  private final KsmState state;
  private final Sched sched;
  private final StableNodes nodes;
  private final Folios folios;
  private final AnonRmap rmap;
  private final KernelLog log;
  private final AtomicLong ksmSwpinCopy = new AtomicLong();

  public KsmFolios(
      KsmState state, Sched sched, StableNodes nodes, Folios folios, AnonRmap rmap, KernelLog log) {
    this.state = state;
    this.sched = sched;
    this.nodes = nodes;
    this.folios = folios;
    this.rmap = rmap;
    this.log = log;
  }

  /** Copies made by {@link #ksmMightNeedToCopy}: ksm_swpin_copy of /proc/vmstat. */
  public long ksmSwpinCopy() {
    return ksmSwpinCopy.get();
  }

  /**
   * The folio that is to be mapped where one comes back from swap. A folio that was merged when it
   * went is a plain one now, and can only be mapped where its offset says; elsewhere a copy is.
   *
   * @param folio locked, with a reference of the caller's, in the swap cache
   * @return the same folio; or a copy, new, locked, with one reference; {@link Frames#NO_PAGE}
   *     where memory is short
   */
  @PortedFrom(
      value = "mm/ksm.c:ksm_might_need_to_copy",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "order 0; memory has no errors here; no memcg")
  public int ksmMightNeedToCopy(int folio, VmArea vma, long addr) {
    AnonVma anonVma = rmap.folioAnonVma(folio);
    if (folios.folioTestKsm(folio)) {
      if (nodes.folioStableNode(folio) != null
          && (state.knobs.run & KsmKnobs.KSM_RUN_UNMERGE) == 0) {
        return folio;
      }
    } else if (anonVma == null) {
      return folio;
    } else if (folios.frames().index(folio) == vma.linearPageIndex(addr)
        && anonVma.root == Objects.requireNonNull(vma.anonVma).root) {
      return folio;
    }
    if (!folios.folioTestUptodate(folio)) {
      return folio; // the fault reports it
    }
    int copy = folios.vmaAllocFolioNoprof(vma.vmPolicy);
    if (copy != Frames.NO_PAGE) {
      folios.copyMcUserHighpage(copy, folio);
      folios.folioMarkDirty(copy);
      folios.frames().setFlag(copy, PageFlags.PG_UPTODATE);
      var _ = folios.folioTrylock(copy); // nobody else knows it
      ksmSwpinCopy.incrementAndGet();
    }
    return copy;
  }

  /**
   * Lets a stable node follow its page to another frame.
   *
   * @param newfolio locked, with the mapping of the old one already
   * @param folio locked; loses its stable node
   */
  @PortedFrom("mm/ksm.c:folio_migrate_ksm")
  public void folioMigrateKsm(int newfolio, int folio) {
    log.bugOn(!folios.folioTestLocked(folio), "folio_migrate_ksm: folio is not locked");
    log.bugOn(!folios.folioTestLocked(newfolio), "folio_migrate_ksm: new folio is not locked");
    log.bugOn(
        folios.folioRawMapping(newfolio) != folios.folioRawMapping(folio),
        "folio_migrate_ksm: the new folio has another mapping");
    KsmStableNode node = nodes.folioStableNode(folio);
    if (node != null) {
      log.bugOn(node.kpfn != folio, "folio_migrate_ksm: the node has another page");
      // volatile: who then sees the stale mapping sees the new frame too
      node.kpfn = newfolio;
      sched.yieldPoint();
      nodes.folioSetStableNode(folio, null);
    }
  }
}
