// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mprotect.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.mm.units.PageUnits.pteIndex;

import org.samepage.machine.thp.ChangeHugePmd;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.UserfaultfdCtx;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.huge.SplitHugePmd;

/** Gives the entries of a range the protection that their VMA has now. */
public final class ChangeProtection {
  /** Let a page be written at once where a fault would find nothing else to do. */
  public static final int MM_CP_TRY_CHANGE_WRITABLE = 1;

  /** Protect for userfaultfd. */
  public static final int MM_CP_UFFD_WP = 1 << 2;

  /** End that protection. */
  public static final int MM_CP_UFFD_WP_RESOLVE = 1 << 3;

  private final Folios folios;
  private final NormalPage normalPage;
  private final SwapTypes types;
  private final SplitHugePmd splitHugePmd;
  private final ChangeHugePmd changeHugePmd;

  public ChangeProtection(
      Folios folios, NormalPage normalPage, SwapTypes types, SplitHugePmd splitHugePmd) {
    this.splitHugePmd = splitHugePmd;
    this.changeHugePmd = new ChangeHugePmd(folios, normalPage);
    this.folios = folios;
    this.normalPage = normalPage;
    this.types = types;
  }

  /**
   * Changes {@code [start, end)} of a VMA. Holds mmap_lock.
   *
   * @param cpFlags of {@code MM_CP_*}
   * @return 0, or -ENOMEM where there is no room for a table of markers
   */
  @PortedFrom(
      value = {"mm/mprotect.c:change_protection", "mm/mprotect.c:pgtable_populate_needed"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no NUMA hints; 0 for success")
  int changeProtection(VmArea vma, long start, long end, int cpFlags) {
    if ((cpFlags & MM_CP_UFFD_WP) != 0 && userfaultfdWpUseMarkers(vma)) {
      for (long at = start; at < end; at = PageUnits.pmdAddrEnd(at, end)) {
        if (!populated(vma, at)) {
          return -Errno.ENOMEM;
        }
      }
    }
    vma.vmMm.pgTables.forEachTable(
        start,
        end,
        (table, index, from, to) -> changeHuge(vma, table, index, from, to, cpFlags),
        (table, from, to) -> changePteRange(vma, table, from, to, cpFlags));
    return 0;
  }

  /** A huge entry that lies whole in the range is changed, another is split. */
  @PortedFrom(value = "mm/mprotect.c:change_pmd_range", part = true)
  private boolean changeHuge(
      VmArea vma, PageTable table, int index, long from, long to, int cpFlags) {
    if (to - from == PMD_SIZE) {
      return changeHugePmd.changeHugePmd(vma, table, index, from, cpFlags);
    }
    splitHugePmd.splitHugePmdRaw(vma, table, index, from);
    return false;
  }

  /** Whether there is a table, or a huge entry, for an address; makes one. */
  @PortedFrom(value = "mm/mprotect.c:change_pmd_prepare", part = true)
  private static boolean populated(VmArea vma, long addr) {
    PgTables tables = vma.vmMm.pgTables;
    PageTable pmdTable = tables.pmdAlloc(addr);
    return pmdTable != null
        && (PgTables.isHuge(pmdTable.getLockless(pmdIndex(addr))) || tables.pteAlloc(addr) != null);
  }

  /** Whether pages that are not there get a marker to be protected by. */
  @PortedFrom("include/linux/userfaultfd_k.h:userfaultfd_wp_use_markers")
  private static boolean userfaultfdWpUseMarkers(VmArea vma) {
    UserfaultfdCtx ctx = vma.vmUserfaultfdCtx;
    return vma.userfaultfdWp()
        && (!vma.vmaIsAnonymous()
            || (ctx != null && ctx.has(UserfaultfdCtx.UFFD_FEATURE_WP_UNPOPULATED)));
  }

  @PortedFrom(
      value = "mm/mprotect.c:change_pte_range",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no device memory, no NUMA hints")
  private void changePteRange(VmArea vma, PageTable table, long start, long end, int cpFlags) {
    boolean mark = (cpFlags & MM_CP_UFFD_WP) != 0 && userfaultfdWpUseMarkers(vma);
    table.ptl.lock();
    for (long addr = start; addr < end; addr += PAGE_SIZE) {
      int at = pteIndex(addr);
      long old = table.get(at);
      if (Pte.ptePresent(old)) {
        table.set(at, changePresentPte(vma, addr, table.getAndClear(at), cpFlags));
      } else if (Pte.pteNone(old)) {
        if (mark) {
          table.set(at, PteMarker.makePteMarker(PteMarker.UFFD_WP));
        }
      } else {
        long pte =
            PteMarker.isPteMarker(old)
                ? changeMarker(old, cpFlags)
                : changeNonpresent(vma.vmMm.ptes, old, cpFlags);
        if (pte != old) {
          table.set(at, pte);
        }
      }
    }
    table.ptl.unlock();
  }

  /** Guards and poison stay: whoever touches them gets a signal anyhow. */
  @PortedFrom(value = "mm/mprotect.c:change_pte_range", part = true)
  private static long changeMarker(long old, int cpFlags) {
    long other = PteMarker.pteMarkerGet(old) & (PteMarker.POISONED | PteMarker.GUARD);
    return other == 0 && (cpFlags & MM_CP_UFFD_WP_RESOLVE) != 0 ? 0 : old;
  }

  /** A page on its way comes back read-only; whether it may be written, the next fault sees. */
  @PortedFrom(
      value = "mm/mprotect.c:change_pte_range",
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "swap and migration entries; no device memory")
  private long changeNonpresent(PteLayout ptes, long old, int cpFlags) {
    long pte = old;
    if (types.isWritableMigrationEntry(old)) {
      long offset = SwapEntry.swpOffsetRaw(old);
      boolean anon = folios.folioTestAnon(folios.pageFolio((int) types.swpOffsetPfn(old)));
      pte =
          anon
              ? types.makeReadableExclusiveMigrationEntry(offset)
              : types.makeReadableMigrationEntry(offset);
      pte = ptes.pteSwpSoftDirty(old) ? ptes.pteSwpMksoftDirty(pte) : pte;
    }
    if ((cpFlags & MM_CP_UFFD_WP) != 0) {
      return SwapEntry.pteSwpMkuffdWp(pte);
    }
    return (cpFlags & MM_CP_UFFD_WP_RESOLVE) != 0 ? SwapEntry.pteSwpClearUffdWp(pte) : pte;
  }

  private long changePresentPte(VmArea vma, long addr, long old, int cpFlags) {
    long pte = Pte.pteModify(old, vma.vmPageProt);
    if ((cpFlags & MM_CP_UFFD_WP) != 0) {
      pte = Pte.pteMkuffdWp(pte);
    } else if ((cpFlags & MM_CP_UFFD_WP_RESOLVE) != 0) {
      pte = Pte.pteClearUffdWp(pte);
    }
    return (cpFlags & MM_CP_TRY_CHANGE_WRITABLE) != 0
            && !Pte.pteWrite(pte)
            && canChangePteWritable(vma, addr, pte)
        ? Pte.pteMkwriteNovma(pte)
        : pte;
  }

  /** Whether a write would find nothing to do but to make the entry writable. */
  @PortedFrom({
    "mm/mprotect.c:can_change_pte_writable",
    "mm/mprotect.c:can_change_private_pte_writable",
    "mm/mprotect.c:can_change_shared_pte_writable",
    "mm/mprotect.c:maybe_change_pte_writable"
  })
  private boolean canChangePteWritable(VmArea vma, long addr, long pte) {
    if (!vma.has(VmFlags.VM_WRITE)
        || Pte.pteProtnone(pte)
        || vma.pteNeedsSoftDirtyWp(pte)
        || vma.userfaultfdPteWp(pte)) {
      return false;
    }
    if (vma.has(VmFlags.VM_SHARED)) {
      return Pte.pteDirty(pte);
    }
    int page = normalPage.vmNormalPage(vma, addr, pte);
    return page != Frames.NO_PAGE
        && folios.folioTestAnon(folios.pageFolio(page))
        && folios.pageAnonExclusive(page);
  }
}
