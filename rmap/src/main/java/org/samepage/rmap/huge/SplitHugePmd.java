// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
package org.samepage.rmap.huge;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.PMD_MASK;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.PTRS_PER_TABLE;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.rmap.AnonRmap.RMAP_EXCLUSIVE;
import static org.samepage.rmap.AnonRmap.RMAP_NONE;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.spi.HugeSplitter;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonRmap;

/**
 * Makes a table of 512 entries of a huge one. The folio stays as large as it is: {@link
 * org.samepage.rmap.split.SplitFolio} is what splits that.
 */
public final class SplitHugePmd implements HugeSplitter {
  private final Folios folios;
  private final AnonRmap rmap;

  public SplitHugePmd(Folios folios, AnonRmap rmap) {
    this.folios = folios;
    this.rmap = rmap;
  }

  @Override
  @PortedFrom(
      value = "mm/huge_memory.c:__split_huge_pmd",
      fidelity = Fidelity.ADAPTED,
      differs = "never freezes; no MMU notifiers")
  public void splitHugePmdRaw(VmArea vma, PageTable table, int index, long address) {
    table.ptl.lock();
    splitHugePmdLocked(vma, table, index, address, false);
    table.ptl.unlock();
  }

  @Override
  public void splitHugePudRaw(VmArea vma, PageTable table, int index, long address) {
    throw new NotSupportedYetException("splitting a huge page of 1 GiB");
  }

  /**
   * Splits the entry if it is huge. Holds its lock.
   *
   * @param freeze put migration entries into the table, for the folio itself is to be split next;
   *     pages that may be pinned are mapped all the same
   */
  @PortedFrom("mm/huge_memory.c:split_huge_pmd_locked")
  public void splitHugePmdLocked(
      VmArea vma, PageTable table, int index, long address, boolean freeze) {
    if (PgTables.isHuge(table.get(index))) {
      splitHugePmdLockedRaw(vma, table, index, address & PMD_MASK, freeze);
    }
  }

  /** Splits the huge entry that an address is in, if it begins before: a VMA is to end there. */
  @PortedFrom({
    "mm/huge_memory.c:split_huge_pmd_if_needed",
    "mm/huge_memory.c:split_huge_pmd_address"
  })
  public void splitHugePmdIfNeeded(VmArea vma, long address) {
    long start = address & PMD_MASK;
    if (start == address || start < vma.vmStart || start + PMD_SIZE > vma.vmEnd) {
      return;
    }
    PageTable table = vma.vmMm.pgTables.pmdTable(address);
    if (table != null) {
      splitHugePmdRaw(vma, table, pmdIndex(address), address);
    }
  }

  /**
   * Splits what would lie across the borders that VMAs are about to have.
   *
   * @param next the VMA that is to begin at {@code end}, or null
   */
  @PortedFrom("mm/huge_memory.c:vma_adjust_trans_huge")
  public void vmaAdjustTransHuge(VmArea vma, long start, long end, @Nullable VmArea next) {
    splitHugePmdIfNeeded(vma, start);
    splitHugePmdIfNeeded(vma, end);
    if (next != null) {
      splitHugePmdIfNeeded(next, end);
    }
  }

  @PortedFrom(
      value = "mm/huge_memory.c:__split_huge_pmd_locked",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "anonymous memory; no device memory")
  private void splitHugePmdLockedRaw(
      VmArea vma, PageTable table, int index, long haddr, boolean freezeWanted) {
    if (!vma.vmaIsAnonymous() || vma.vmStart > haddr || vma.vmEnd < haddr + PMD_SIZE) {
      throw new IllegalStateException("a huge entry outside anonymous memory: " + vma);
    }
    PgTables tables = vma.vmMm.pgTables;
    long pmd = table.get(index);
    if (Pmd.pmdPresent(pmd) && folios.frames().isHugeZeroPfn(Pmd.pmdPfn(pmd))) {
      splitHugeZeroPagePmdRaw(vma, table, index);
      return;
    }
    boolean migration = !Pmd.pmdPresent(pmd);
    boolean freeze = freezeWanted;
    long first;
    int folio = 0;
    if (migration) {
      first = splitMigration(vma.vmMm, pmd);
    } else {
      long old = pmdpInvalidate(table, index);
      folio = (int) Pmd.pmdPfn(old);
      if (Pmd.pmdDirty(old)) {
        folios.folioMarkDirty(folio);
      }
      boolean exclusive = folios.pageAnonExclusive(folio);
      if (freeze && exclusive && !rmap.folioTryShareAnonRmapPmd(folio)) {
        freeze = false;
      }
      if (!freeze) {
        folios.folioRefAdd(folio, HPAGE_PMD_NR - 1);
        rmap.folioAddAnonRmapPtes(
            folio, HPAGE_PMD_NR, vma, haddr, exclusive ? RMAP_EXCLUSIVE : RMAP_NONE);
      }
      first = freeze ? HugeMigration.entryFor(vma.vmMm, old, folio, exclusive) : small(vma, old);
    }
    PageTable pgtable = tables.pgtableTransHugeWithdraw(table, index);
    fill(pgtable, first, freeze || migration);
    if (!migration) {
      rmap.folioRemoveRmapPmd(folio, vma);
    }
    if (freeze && !migration) {
      folios.folioPut(folio);
    }
    tables.pmdPopulate(table, index, pgtable);
  }

  /** Keeps the processor off the entry, which all others still see as huge; returns what it was. */
  @PortedFrom(
      value = "arch/x86/include/asm/pgtable.h:pmdp_invalidate",
      fidelity = Fidelity.ADAPTED,
      differs = "no TLB")
  static long pmdpInvalidate(PageTable table, int index) {
    long old = table.get(index);
    table.set(index, Pmd.pmdMkinvalid(old));
    return old;
  }

  /** The entry of the first page of a huge entry. */
  @PortedFrom(value = "mm/huge_memory.c:__split_huge_pmd_locked", part = true)
  private static long small(VmArea vma, long pmd) {
    PteLayout ptes = vma.vmMm.ptes;
    long pte = Pte.pfnPte(Pmd.pmdPfn(pmd), vma.vmPageProt);
    pte = Pmd.pmdWrite(pmd) ? Pte.pteMkwriteNovma(pte) : pte;
    pte = Pmd.pmdYoung(pmd) ? pte : Pte.pteMkold(pte);
    pte = Pmd.pmdDirty(pmd) ? ptes.pteMkdirty(pte) : pte;
    pte = ptes.pteSoftDirty(pmd) ? ptes.pteMksoftDirty(pte) : pte;
    return Pmd.pmdUffdWp(pmd) ? Pte.pteMkuffdWp(pte) : pte;
  }

  /** The migration entry of the first page of a huge one. */
  @PortedFrom(value = "mm/huge_memory.c:__split_huge_pmd_locked", part = true)
  private static long splitMigration(Mm mm, long pmd) {
    SwapTypes types = mm.ptes.types;
    int page = (int) types.swpOffsetPfn(pmd);
    long entry =
        types.isWritableMigrationEntry(pmd)
            ? types.makeWritableMigrationEntry(page)
            : types.isReadableMigrationEntry(pmd)
                ? types.makeReadableMigrationEntry(page)
                : types.makeReadableExclusiveMigrationEntry(page);
    entry = types.isMigrationEntryYoung(pmd) ? types.makeMigrationEntryYoung(entry) : entry;
    entry = types.isMigrationEntryDirty(pmd) ? types.makeMigrationEntryDirty(entry) : entry;
    entry = mm.ptes.pteSwpSoftDirty(pmd) ? mm.ptes.pteSwpMksoftDirty(entry) : entry;
    return SwapEntry.pteSwpUffdWp(pmd) ? SwapEntry.pteSwpMkuffdWp(entry) : entry;
  }

  /** Entries for pages in a row, alike but for the page. The table is nowhere yet. */
  private static void fill(PageTable pgtable, long first, boolean migration) {
    if (!pgtable.isEmpty()) {
      throw new IllegalStateException("a table that waited below a huge entry is not empty");
    }
    for (int i = 0; i < PTRS_PER_TABLE; i++) {
      pgtable.set(
          i, migration ? SwapEntry.pteMoveSwpOffset(first, i) : Pte.pteAdvancePfn(first, i));
    }
  }

  @PortedFrom("mm/huge_memory.c:__split_huge_zero_page_pmd")
  private static void splitHugeZeroPagePmdRaw(VmArea vma, PageTable table, int index) {
    long old = table.getAndClear(index);
    PageTable pgtable = vma.vmMm.pgTables.pgtableTransHugeWithdraw(table, index);
    long entry = Pte.pteMkspecial(Pte.pfnPte(Folios.ZERO_PFN, vma.vmPageProt));
    entry = Pmd.pmdUffdWp(old) ? Pte.pteMkuffdWp(entry) : entry;
    for (int i = 0; i < PTRS_PER_TABLE; i++) {
      pgtable.set(i, entry);
    }
    vma.vmMm.pgTables.pmdPopulate(table, index, pgtable);
  }
}
