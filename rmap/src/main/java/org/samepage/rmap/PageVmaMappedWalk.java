// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/page_vma_mapped.c and include/linux/rmap.h.
package org.samepage.rmap;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PGDIR_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_MASK;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.PUD_SIZE;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.mm.units.PageUnits.pteIndex;
import static org.samepage.mm.units.PageUnits.pudIndex;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/**
 * Finds the entries that map a folio in one VMA, one after the other, and holds the table's lock at
 * each.
 *
 * <p>Set it on a folio with {@link #defineFolioVmaWalk}, then call {@link #pageVmaMappedWalk} until
 * it is false, or {@link #pageVmaMappedWalkDone} to stop before. Reusable; not for two threads.
 */
@PortedFrom(
    value = "include/linux/rmap.h:page_vma_mapped_walk",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "no hugetlb, no device memory")
public final class PageVmaMappedWalk {
  /** Look at each entry under the lock, for callers who must not miss one that just changes. */
  public static final int PVMW_SYNC = 1;

  /** Look for migration entries instead of present ones. */
  public static final int PVMW_MIGRATION = 2;

  /** Set by the walk: it has left the table in which it began. */
  public static final int PVMW_PGTABLE_CROSSED = 4;

  private final Folios folios;
  private final SwapTypes types;
  private @Nullable VmArea vma;
  private long pfn;
  private long nrPages;
  private long pgoff;
  private long address;
  private int flags;

  /** The table of the current entry; null before the first one and between tables. */
  private @Nullable PageTable table;

  /** Whether the current entry is a huge one, in a table of PMD words. */
  private boolean pmd;

  private boolean locked;

  /** A walk of nothing yet. */
  public PageVmaMappedWalk(Folios folios, SwapTypes types) {
    this.folios = folios;
    this.types = types;
  }

  /**
   * Begins a walk over the entries of a folio.
   *
   * @param address where the VMA has its first page, or the first one that it has
   * @param flags of {@code PVMW_*}
   */
  @PortedFrom(
      value = "include/linux/rmap.h:DEFINE_FOLIO_VMA_WALK",
      fidelity = Fidelity.ADAPTED,
      differs = "sets an object that is there; returns it")
  public PageVmaMappedWalk defineFolioVmaWalk(int folio, VmArea vma, long address, int flags) {
    long pgoff = folios.frames().index(folio);
    return begin(folio, folios.folioNrPages(folio), pgoff, vma, address, flags);
  }

  /** The same for one page of a folio. */
  public PageVmaMappedWalk definePageVmaWalk(int page, VmArea vma, long address, int flags) {
    return begin(page, 1, vma.linearPageIndex(address), vma, address, flags);
  }

  /**
   * Begins a walk over the entries of frames in a row.
   *
   * @param pgoff of the first frame; of a KSM page meaningless
   */
  PageVmaMappedWalk begin(long pfn, long nrPages, long pgoff, VmArea vma, long address, int flags) {
    if (locked) {
      throw new IllegalStateException("a walk that is not done");
    }
    this.pfn = pfn;
    this.nrPages = nrPages;
    this.pgoff = pgoff;
    this.vma = vma;
    this.address = address;
    this.flags = flags;
    this.table = null;
    this.pmd = false;
    return this;
  }

  /**
   * Looks for the next entry.
   *
   * @return whether there is one; then the table's lock is held until the next call, or until
   *     {@link #pageVmaMappedWalkDone}. Without one, no lock is held.
   */
  @PortedFrom(
      value = "mm/page_vma_mapped.c:page_vma_mapped_walk",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb")
  public boolean pageVmaMappedWalk() {
    if (pmd) {
      return notFound(); // a folio has one huge entry in a VMA at most
    }
    VmArea in = Objects.requireNonNull(vma);
    long end = VmaAddress.vmaAddressEnd(in, address, pgoff, nrPages);
    boolean goOn = table != null;
    while (goOn || descend(in.vmMm.pgTables, end)) {
      if (pmd) {
        return true;
      }
      if (!goOn && mapPte()) {
        if (checkPte()) {
          return true;
        }
      } else if (table == null) {
        continue; // it vanished: look again from the top
      }
      if (!nextPte(end)) {
        return notFound();
      }
      goOn = table != null;
      if (goOn && checkPte()) {
        return true;
      }
    }
    return notFound();
  }

  @PortedFrom("mm/page_vma_mapped.c:not_found")
  private boolean notFound() {
    pageVmaMappedWalkDone();
    return false;
  }

  /**
   * Finds the table of the address, or its huge entry if that is one of those that are looked for;
   * steps over what has none. False at the end, and at another huge entry.
   */
  @PortedFrom(
      value = "mm/page_vma_mapped.c:page_vma_mapped_walk",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "the upper levels")
  private boolean descend(PgTables tables, long end) {
    while (Long.compareUnsigned(address, end) < 0) {
      PageTable pud = tables.pudTable(address);
      if (pud == null) {
        stepForward(PGDIR_SIZE);
        continue;
      }
      PageTable pmds = PgTables.below(pud, pudIndex(address));
      if (pmds == null) {
        stepForward(PUD_SIZE);
        continue;
      }
      long word = pmds.getLockless(pmdIndex(address));
      if (Pmd.pmdTransHuge(word) || Pmd.isPmdMigrationEntry(word, types)) {
        pmds.ptl.lock();
        word = pmds.get(pmdIndex(address));
        if (!Pmd.pmdPresent(word) || Pmd.pmdTransHuge(word)) {
          table = pmds;
          locked = true;
          pmd = checkPmd(word);
          return pmd;
        }
        pmds.ptl.unlock(); // it was split meanwhile
      } else if (!Pmd.pmdPresent(word)) {
        waitForZap(pmds);
        stepForward(PMD_SIZE);
        continue;
      }
      table = PgTables.below(pmds, pmdIndex(address));
      if (table != null) {
        return true;
      }
    }
    return false;
  }

  /** Whoever zaps a huge entry clears it before it counts the mapping down. */
  @PortedFrom(value = "mm/page_vma_mapped.c:page_vma_mapped_walk", part = true)
  private void waitForZap(PageTable pmds) {
    VmArea in = Objects.requireNonNull(vma);
    long haddr = address & PMD_MASK;
    boolean fits = haddr >= in.vmStart && haddr + PMD_SIZE <= in.vmEnd;
    if ((flags & PVMW_SYNC) != 0 && fits && nrPages >= HPAGE_PMD_NR) {
      pmds.ptl.lock();
      pmds.ptl.unlock();
    }
  }

  /** Whether a huge entry is one of those that are looked for. Holds its lock. */
  @PortedFrom(
      value = "mm/page_vma_mapped.c:check_pmd",
      fidelity = Fidelity.ADAPTED,
      differs = "with the looks at the kind of the entry that its caller has before it")
  private boolean checkPmd(long word) {
    long found;
    if (Pmd.pmdPresent(word)) {
      if (wantsMigration()) {
        return false;
      }
      found = Pmd.pmdPfn(word);
    } else {
      if (!wantsMigration() || !types.isMigrationEntry(word)) {
        return false;
      }
      found = types.swpOffsetPfn(word);
    }
    return found + HPAGE_PMD_NR - 1 >= pfn && found <= pfn + nrPages - 1;
  }

  @PortedFrom("mm/page_vma_mapped.c:step_forward")
  private void stepForward(long size) {
    address = (address + size) & -size;
    if (address == 0) {
      address = -1L; // as an unsigned number, the highest
    }
  }

  /**
   * Takes the table's lock, if the entry looks as if it were worth it.
   *
   * @return whether the lock was taken; {@link #table} is null where the table has vanished
   */
  @PortedFrom(
      value = "mm/page_vma_mapped.c:map_pte",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no device memory")
  private boolean mapPte() {
    if ((flags & PVMW_SYNC) == 0) {
      long pte = table().getLockless(pteIndex(address));
      if (Pte.pteNone(pte) || Pte.ptePresent(pte) == wantsMigration()) {
        return false;
      }
    }
    return lockTable();
  }

  private boolean wantsMigration() {
    return (flags & PVMW_MIGRATION) != 0;
  }

  /** Locks the table; where it is not in its place any more, there is none. */
  private boolean lockTable() {
    PageTable found = table();
    found.ptl.lock();
    if (Objects.requireNonNull(vma).vmMm.pgTables.pteTable(address) != found) {
      found.ptl.unlock();
      table = null;
      return false;
    }
    locked = true;
    return true;
  }

  /** Whether the entry is one of those that are looked for. Holds the table's lock. */
  @PortedFrom(
      value = "mm/page_vma_mapped.c:check_pte",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no device memory, no hugetlb")
  private boolean checkPte() {
    long pte = table().get(pteIndex(address));
    long found;
    if (wantsMigration()) {
      if (!types.isMigrationEntry(pte)) {
        return false;
      }
      found = types.swpOffsetPfn(pte);
    } else {
      if (!Pte.ptePresent(pte)) {
        return false;
      }
      found = Pte.ptePfn(pte);
    }
    return found >= pfn && found <= pfn + nrPages - 1;
  }

  /**
   * Goes to the next entry that is not none, and takes the lock if it is not held. At the end of a
   * table there is none, so that the walk looks from the top again.
   *
   * @return false at the end of the folio
   */
  @PortedFrom(
      value = "mm/page_vma_mapped.c:page_vma_mapped_walk",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "the step to the next entry")
  private boolean nextPte(long end) {
    do {
      address += PAGE_SIZE;
      if (Long.compareUnsigned(address, end) >= 0) {
        return false;
      }
      if ((address & (PMD_SIZE - PAGE_SIZE)) == 0) {
        unlockTable();
        table = null;
        flags |= PVMW_PGTABLE_CROSSED;
        return true;
      }
    } while (Pte.pteNone(table().getLockless(pteIndex(address))));
    if (!locked) {
      var _ = lockTable();
    }
    return true;
  }

  private void unlockTable() {
    if (locked) {
      locked = false;
      table().ptl.unlock();
    }
  }

  /** The address of the entry. */
  public long address() {
    return address;
  }

  public int flags() {
    return flags;
  }

  /** The table that the entry is in. */
  public PageTable table() {
    return Objects.requireNonNull(table, "nothing was found");
  }

  /** Whether the entry that was found is a huge one: {@link #table} holds PMD words then. */
  public boolean isPmd() {
    return pmd;
  }

  /** Where in the table the entry is. */
  public int index() {
    return pmd ? pmdIndex(address) : pteIndex(address);
  }

  /** The entry. */
  public long pte() {
    return table().get(index());
  }

  /** Ends a walk at an entry that it found. */
  @PortedFrom("include/linux/rmap.h:page_vma_mapped_walk_done")
  public void pageVmaMappedWalkDone() {
    unlockTable();
    table = null;
    pmd = false;
  }

  /** Lets the next call look at the current address again, from the top. Gives the lock up. */
  @PortedFrom("include/linux/rmap.h:page_vma_mapped_walk_restart")
  public void pageVmaMappedWalkRestart() {
    unlockTable();
    table = null;
    pmd = false;
  }
}
