// SPDX-License-Identifier: GPL-2.0-only
// Ported from the patch "ksm: use range-walk function to jump over holes in
// scan_get_next_rmap_item", version 3, as posted; it was never merged.
package org.samepage.strategies.scan;

import static org.samepage.ksm.slots.KsmSlots.ksmTestExit;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import jakarta.inject.Inject;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmScan;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.MmWalkOps;
import org.samepage.pagewalk.PageWalk;
import org.samepage.pagewalk.PageWalkLock;
import org.samepage.pagewalk.WalkCallback;

/**
 * Walks the whole rest of an address space at once; a test_walk passes over VMAs that are not
 * mergeable.
 *
 * <p>It never asks whether an entry is present. A guard marker, a swap entry or a migration entry
 * is taken for a page, and the machine reports a Bad page map, once for each such entry and pass.
 */
@StrategySpec(
    name = "range-walk-v3",
    summary = "Walks the rest of the address space at once, with a test_walk; no present check.",
    origin =
        "\"[PATCH v3] ksm: use range-walk function to jump over holes in"
            + " scan_get_next_rmap_item\", posted 2025-10-16, never merged",
    cost = "V + T + E + 4h: VMAs, tables, entries of the tables, a descent for each page found",
    knownFaults = {
      "Takes an entry that is neither empty nor present for a page: reports a Bad page map for a"
          + " marker and for a swap entry of even offset, and takes an odd offset for the frame of"
          + " an eighth of its number.",
      "Does not see that a walk failed: no warning, and the cursor stays where it was."
    },
    tells = "telling/s-guard: a kernel report for each guard and pass")
final class RangeWalkV3ScanStrategy implements ScanStrategy {
  /** What the patch passes as -1: up to the end of the address space. */
  private static final long TO_THE_END = -1L;

  private final PageWalk pageWalk;
  private final KsmWalkOps ops;
  private final MmWalk walk;

  @Inject
  RangeWalkV3ScanStrategy(Sched sched, PageWalk pageWalk, Folios folios, NormalPage normalPage) {
    this.pageWalk = pageWalk;
    this.ops = new KsmWalkOps(sched, folios, normalPage);
    this.walk = new MmWalk(ops);
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:scan_get_next_rmap_item",
      fidelity = Fidelity.ADAPTED,
      differs = "the walk alone, as the patch has it")
  public boolean nextPage(Mm mm, KsmScan cursor, ScanHit hit) {
    ops.page = Frames.NO_PAGE;
    ops.vma = null;
    ops.address = cursor.address;
    var _ = pageWalk.walkPageRange(mm, cursor.address, TO_THE_END, walk);
    cursor.address = ops.address;
    if (ops.vma == null) {
      return false;
    }
    hit.set(ops.page, ops.vma);
    return true;
  }

  @Override
  public boolean reschedsAfterSkip() {
    return false;
  }

  /** The patch's ksm_walk_private and the two callbacks that fill it. */
  private static final class KsmWalkOps extends MmWalkOps {
    private final Sched sched;
    private final Folios folios;
    private final NormalPage normalPage;
    int page = Frames.NO_PAGE;
    @Nullable VmArea vma;
    long address;

    KsmWalkOps(Sched sched, Folios folios, NormalPage normalPage) {
      super(PageWalkLock.PGWALK_RDLOCK, WalkCallback.PMD_ENTRY, WalkCallback.TEST_WALK);
      this.sched = sched;
      this.folios = folios;
      this.normalPage = normalPage;
    }

    @Override
    @PortedFrom(
        value = "mm/ksm.c:ksm_walk_test",
        fidelity = Fidelity.ADAPTED,
        differs = "named after the callback; a function of the patch alone")
    protected int testWalk(long start, long next, MmWalk walk) {
      VmArea tested = walk.vma();
      if (tested == null || !tested.has(VmFlags.VM_MERGEABLE)) {
        return 1;
      }
      address = tested.vmEnd;
      return tested.anonVma == null ? 1 : 0;
    }

    @Override
    @PortedFrom(
        value = "mm/ksm.c:ksm_pmd_entry",
        fidelity = Fidelity.ADAPTED,
        differs = "a function of the patch alone")
    protected int pmdEntry(PageTable table, int index, long start, long end, MmWalk walk) {
      VmArea walked = walk.vma();
      if (walked == null || ksmTestExit(walk.mm())) {
        return 1;
      }
      table.ptl.lock(); // for every entry, a table or not
      long pmd = table.get(index);
      if (Pmd.pmdLeaf(pmd)) {
        int found = SubPage.of(pmd, walked, start, folios, normalPage);
        int ret = found == Frames.NO_PAGE ? 0 : found(found, walked, start, walk);
        table.ptl.unlock();
        return ret;
      }
      table.ptl.unlock();
      if (!Pmd.pmdPresent(pmd)) {
        return 0;
      }
      PageTable ptes = PgTables.pteOffsetMapLock(table, index);
      if (ptes == null) {
        return 0;
      }
      int ret = 0;
      for (long at = start; at < end && ret == 0; at += PAGE_SIZE) {
        walk.work().ptesRead++;
        int found = normalPage.vmNormalPage(walked, at, ptes.get(pteIndex(at)));
        if (found != Frames.NO_PAGE && folios.folioTestAnon(folios.pageFolio(found))) {
          ret = found(found, walked, at, walk);
        }
      }
      ptes.ptl.unlock();
      sched.condResched();
      return ret;
    }

    private int found(int candidate, VmArea in, long at, MmWalk walk) {
      folios.getPage(candidate);
      walk.work().folioGets++;
      page = candidate;
      vma = in;
      address = at;
      return 1;
    }
  }
}
