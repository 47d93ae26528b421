// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/khugepaged.c.
package org.samepage.machine.thp;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_MASK;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.PTRS_PER_TABLE;
import static org.samepage.mm.units.PageUnits.pmdIndex;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** MADV_COLLAPSE: makes huge pages of what is there, whoever else shares it, and of what is not. */
public final class MadviseCollapse {
  private final Sched sched;
  private final Folios folios;
  private final NormalPage normalPage;
  private final ThpPolicy policy;
  private final CollapseHugePage collapse;

  public MadviseCollapse(
      Sched sched,
      Folios folios,
      NormalPage normalPage,
      ThpPolicy policy,
      CollapseHugePage collapse) {
    this.sched = sched;
    this.folios = folios;
    this.normalPage = normalPage;
    this.policy = policy;
    this.collapse = collapse;
  }

  /**
   * Collapses what of a range is aligned. Holds mmap_lock for reading; gives it up meanwhile, so
   * that afterwards the VMA may be another.
   *
   * @return 0, or a negative errno: {@code -EINVAL} where it may not or cannot have huge pages,
   *     {@code -ENOMEM}, {@code -EAGAIN} where a page is in use
   */
  @PortedFrom(
      value = "mm/khugepaged.c:madvise_collapse",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "anonymous memory")
  public int madviseCollapse(VmArea vma, long start, long end) {
    if (!vma.vmaIsAnonymous()) {
      throw new NotSupportedYetException("collapsing pages of files");
    }
    if (!policy.thpVmaAllowableOrder(vma, vma.vmFlags, TvaType.TVA_FORCED_COLLAPSE)) {
      return -Errno.EINVAL;
    }
    Mm mm = vma.vmMm;
    long hstart = (start + PMD_SIZE - 1) & PMD_MASK;
    long hend = end & PMD_MASK;
    int thps = 0;
    ScanResult lastFail = ScanResult.SCAN_FAIL;
    VmArea in = vma;
    for (long addr = hstart; addr < hend; addr += PMD_SIZE) {
      if (addr != hstart) {
        sched.condResched();
        Revalidated now = hugepageVmaRevalidate(policy, mm, addr);
        if (now.vma == null) {
          lastFail = now.result;
          break;
        }
        in = now.vma;
        hend = Math.min(hend, in.vmEnd & PMD_MASK);
      }
      ScanResult result = hpageCollapseScanPmd(mm, in, addr);
      thps += result.succeeded() ? 1 : 0;
      lastFail = result.succeeded() ? lastFail : result;
      if (!result.goesOn()) {
        break;
      }
    }
    // a range between two boundaries ends before it begins: that is never what was done
    return thps == (hend - hstart) / PMD_SIZE ? 0 : lastFail.madviseCollapseErrno();
  }

  /** The VMA at an address now, or why there is none that would do. */
  record Revalidated(@Nullable VmArea vma, ScanResult result) {}

  @PortedFrom("mm/khugepaged.c:hugepage_vma_revalidate")
  static Revalidated hugepageVmaRevalidate(ThpPolicy policy, Mm mm, long addr) {
    if (mm.mmUsers.get() == 0) {
      return new Revalidated(null, ScanResult.SCAN_ANY_PROCESS);
    }
    VmArea vma = mm.vmas.findVma(addr);
    if (vma == null) {
      return new Revalidated(null, ScanResult.SCAN_VMA_NULL);
    }
    if (!ThpPolicy.thpVmaSuitableOrder(vma, addr)) {
      return new Revalidated(null, ScanResult.SCAN_ADDRESS_RANGE);
    }
    if (!policy.thpVmaAllowableOrder(vma, vma.vmFlags, TvaType.TVA_FORCED_COLLAPSE)) {
      return new Revalidated(null, ScanResult.SCAN_VMA_CHECK);
    }
    if (vma.anonVma == null || !vma.vmaIsAnonymous()) {
      return new Revalidated(null, ScanResult.SCAN_PAGE_ANON);
    }
    return new Revalidated(vma, ScanResult.SCAN_SUCCEED);
  }

  /** Whether there is a table for an address, or already a huge page. */
  @PortedFrom("mm/khugepaged.c:find_pmd_or_thp_or_none")
  static ScanResult findPmdOrThpOrNone(Mm mm, long addr) {
    PageTable table = mm.pgTables.pmdTable(addr);
    if (table == null) {
      return ScanResult.SCAN_PMD_NULL;
    }
    long pmd = table.getLockless(pmdIndex(addr));
    if (Pmd.pmdNone(pmd)) {
      return ScanResult.SCAN_PMD_NONE;
    }
    if (!Pmd.pmdPresent(pmd)) {
      return ScanResult.SCAN_PMD_NULL;
    }
    return Pmd.pmdTransHuge(pmd) ? ScanResult.SCAN_PMD_MAPPED : ScanResult.SCAN_SUCCEED;
  }

  @PortedFrom("mm/khugepaged.c:pte_none_or_zero")
  static boolean pteNoneOrZero(long pte) {
    return Pte.pteNone(pte) || (Pte.ptePresent(pte) && Folios.isZeroPfn(Pte.ptePfn(pte)));
  }

  /** References that mappings and the swap cache explain, and no others. */
  @PortedFrom("mm/khugepaged.c:is_refcount_suitable")
  static boolean isRefcountSuitable(Folios folios, int folio) {
    int expected = folios.folioMapcount(folio) + (folios.folioTestSwapcache(folio) ? 1 : 0);
    return folios.folioRefCount(folio) == expected;
  }

  /**
   * Looks whether it can work, and then does it; gives mmap_lock up meanwhile in the latter case.
   */
  @PortedFrom(
      value = "mm/khugepaged.c:hpage_collapse_scan_pmd",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "for MADV_COLLAPSE, which has no limits; mmap_lock is held again at the end")
  private ScanResult hpageCollapseScanPmd(Mm mm, VmArea vma, long addr) {
    ScanResult result = findPmdOrThpOrNone(mm, addr);
    if (result != ScanResult.SCAN_SUCCEED) {
      return result;
    }
    PageTable pmdTable = Objects.requireNonNull(mm.pgTables.pmdTable(addr));
    PageTable table = PgTables.pteOffsetMapLock(pmdTable, pmdIndex(addr));
    if (table == null) {
      return ScanResult.SCAN_PMD_NULL;
    }
    boolean unmapped = false;
    for (int i = 0; i < PTRS_PER_TABLE && result == ScanResult.SCAN_SUCCEED; i++) {
      long pte = table.get(i);
      unmapped |= SwapEntry.isSwapPte(pte);
      result = suitable(vma, addr + i * PAGE_SIZE, pte);
    }
    table.ptl.unlock();
    return result == ScanResult.SCAN_SUCCEED
        ? collapse.collapseHugePage(mm, addr, unmapped)
        : result;
  }

  @PortedFrom(value = "mm/khugepaged.c:hpage_collapse_scan_pmd", part = true)
  private ScanResult suitable(VmArea vma, long addr, long pte) {
    if (SwapEntry.isSwapPte(pte)) {
      return SwapEntry.pteSwpUffdWpAny(pte) ? ScanResult.SCAN_PTE_UFFD_WP : ScanResult.SCAN_SUCCEED;
    }
    if (pteNoneOrZero(pte)) {
      return vma.userfaultfdArmed() ? ScanResult.SCAN_EXCEED_NONE_PTE : ScanResult.SCAN_SUCCEED;
    }
    if (Pte.pteUffdWp(pte)) {
      return ScanResult.SCAN_PTE_UFFD_WP;
    }
    int page = normalPage.vmNormalPage(vma, addr, pte);
    if (page == Frames.NO_PAGE) {
      return ScanResult.SCAN_PAGE_NULL;
    }
    int folio = folios.pageFolio(page);
    if (!folios.folioTestAnon(folio)) {
      return ScanResult.SCAN_PAGE_ANON;
    }
    if (folios.frames().testFlag(folio, PageFlags.PG_ISOLATED)) {
      return ScanResult.SCAN_PAGE_LRU;
    }
    if (folios.folioTestLocked(folio)) {
      return ScanResult.SCAN_PAGE_LOCK;
    }
    return isRefcountSuitable(folios, folio) ? ScanResult.SCAN_SUCCEED : ScanResult.SCAN_PAGE_COUNT;
  }
}
