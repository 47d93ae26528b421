// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/task_mmu.c.
package org.samepage.machine.proc;

import static org.samepage.machine.proc.MemSizeStats.PSS_SHIFT;
import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import java.util.Objects;
import org.samepage.machine.thp.ThpPolicy;
import org.samepage.machine.thp.TvaType;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.MmWalkOps;
import org.samepage.pagewalk.PageWalk;
import org.samepage.pagewalk.PageWalkLock;
import org.samepage.pagewalk.WalkAction;
import org.samepage.pagewalk.WalkCallback;

/** What each mapping has in memory: {@code /proc/PID/smaps}. */
final class ProcSmaps {
  private final Folios folios;
  private final NormalPage normalPage;
  private final PageWalk pageWalk;
  private final SwapDevice swap;
  private final ThpPolicy thp;

  ProcSmaps(
      Folios folios, NormalPage normalPage, PageWalk pageWalk, SwapDevice swap, ThpPolicy thp) {
    this.thp = thp;
    this.swap = swap;
    this.folios = folios;
    this.normalPage = normalPage;
    this.pageWalk = pageWalk;
  }

  /** The callbacks of one reading, and what they have counted in the VMA that is walked. */
  @PortedFrom(
      value = "fs/proc/task_mmu.c:smaps_walk_ops",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb; of shared memory too, as none of it is swapped out")
  private static final class SmapsWalkOps extends MmWalkOps {
    final MemSizeStats mss = new MemSizeStats();
    private final Folios folios;
    private final NormalPage normalPage;
    private final SwapDevice swap;

    SmapsWalkOps(Folios folios, NormalPage normalPage, SwapDevice swap) {
      super(PageWalkLock.PGWALK_RDLOCK, WalkCallback.PMD_ENTRY);
      this.folios = folios;
      this.normalPage = normalPage;
      this.swap = swap;
    }

    @Override
    @PortedFrom(
        value = "fs/proc/task_mmu.c:smaps_pte_range",
        fidelity = Fidelity.SIMPLIFIED,
        differs = "no huge pages of files")
    protected int pmdEntry(PageTable pmdTable, int index, long start, long end, MmWalk walk) {
      if (PgTables.isHuge(pmdTable.getLockless(index)) && smapsPmdEntry(pmdTable, index, walk)) {
        return 0;
      }
      PageTable table = PgTables.below(pmdTable, index);
      if (table == null) {
        walk.action = WalkAction.ACTION_AGAIN;
        return 0;
      }
      VmArea vma = Objects.requireNonNull(walk.vma());
      table.ptl.lock();
      try {
        for (long addr = start; addr != end; addr += PAGE_SIZE) {
          walk.work().ptesRead++;
          smapsPteEntry(table.get(pteIndex(addr)), addr, vma);
        }
      } finally {
        table.ptl.unlock();
      }
      return 0;
    }

    /** A huge entry; false where it is not huge any more. */
    @PortedFrom(
        value = "fs/proc/task_mmu.c:smaps_pmd_entry",
        fidelity = Fidelity.SIMPLIFIED,
        differs =
            "anonymous memory; looks again under the lock; folios on their way are passed over")
    private boolean smapsPmdEntry(PageTable pmdTable, int index, MmWalk walk) {
      VmArea vma = Objects.requireNonNull(walk.vma());
      pmdTable.ptl.lock();
      try {
        long pmd = pmdTable.get(index);
        if (!PgTables.isHuge(pmd)) {
          return false;
        }
        int page =
            Pmd.pmdPresent(pmd)
                ? normalPage.vmNormalPagePmd(vma, vma.vmStart, pmd)
                : Frames.NO_PAGE;
        if (page != Frames.NO_PAGE) {
          mss.anonymousThp += PMD_SIZE;
          boolean locked = vma.has(VmFlags.VM_LOCKED);
          mss.smapsAccount(
              folios, page, HPAGE_PMD_NR, Pmd.pmdYoung(pmd), Pmd.pmdDirty(pmd), locked);
        }
        return true;
      } finally {
        pmdTable.ptl.unlock();
      }
    }

    @PortedFrom(
        value = "fs/proc/task_mmu.c:smaps_pte_entry",
        fidelity = Fidelity.SIMPLIFIED,
        differs = "pages on their way to another frame are there before this is looked at")
    private void smapsPteEntry(long pte, long addr, VmArea vma) {
      if (!Pte.ptePresent(pte)) {
        if (vma.vmMm.ptes.types.isSwapSlot(pte)) {
          mss.smapsSwapped(swap.swapCountRaw(pte));
        }
        return;
      }
      int page = normalPage.vmNormalPage(vma, addr, pte);
      if (page != Frames.NO_PAGE) {
        boolean locked = vma.has(VmFlags.VM_LOCKED);
        mss.smapsAccount(folios, page, 1, Pte.pteYoung(pte), Pte.pteDirty(pte), locked);
      }
    }
  }

  /** The whole file. Takes mmap_lock for reading. */
  @PortedFrom(
      value = {"fs/proc/task_mmu.c:show_smap", "fs/proc/task_mmu.c:smap_gather_stats"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "all VMAs under one hold of the lock; no protection keys")
  void showSmap(SeqFile m, Mm mm) {
    SmapsWalkOps ops = new SmapsWalkOps(folios, normalPage, swap);
    MmWalk walk = new MmWalk(ops);
    mm.mmapLock.readLock();
    try {
      for (int i = 0; i < mm.vmas.size(); i++) {
        VmArea vma = mm.vmas.get(i);
        ops.mss.clear();
        var _ = pageWalk.walkPageVma(vma, walk);
        ProcMaps.showMapVma(m, vma);
        seqPutDec(m, "Size:           ", vma.vmEnd - vma.vmStart);
        seqPutDec(m, " kB\nKernelPageSize: ", PAGE_SIZE);
        seqPutDec(m, " kB\nMMUPageSize:    ", PAGE_SIZE);
        m.seqPuts(" kB\n");
        showSmapRaw(m, ops.mss);
        boolean eligible = thp.thpVmaAllowableOrder(vma, vma.vmFlags, TvaType.TVA_SMAPS);
        m.seqPutDecimalUllWidth("THPeligible:    ", eligible ? 1 : 0, 8).seqPutc('\n');
        VmFlagNames.showSmapVmaFlags(m, vma);
      }
    } finally {
      mm.mmapLock.readUnlock();
    }
  }

  @PortedFrom(
      value = "fs/proc/task_mmu.c:__show_smap",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "of one VMA; huge pages of files are always 0")
  private static void showSmapRaw(SeqFile m, MemSizeStats mss) {
    seqPutDec(m, "Rss:            ", mss.resident);
    seqPutDec(m, " kB\nPss:            ", mss.pss >> PSS_SHIFT);
    seqPutDec(m, " kB\nPss_Dirty:      ", mss.pssDirty >> PSS_SHIFT);
    seqPutDec(m, " kB\nShared_Clean:   ", mss.sharedClean);
    seqPutDec(m, " kB\nShared_Dirty:   ", mss.sharedDirty);
    seqPutDec(m, " kB\nPrivate_Clean:  ", mss.privateClean);
    seqPutDec(m, " kB\nPrivate_Dirty:  ", mss.privateDirty);
    seqPutDec(m, " kB\nReferenced:     ", mss.referenced);
    seqPutDec(m, " kB\nAnonymous:      ", mss.anonymous);
    seqPutDec(m, " kB\nKSM:            ", mss.ksm);
    seqPutDec(m, " kB\nLazyFree:       ", mss.lazyfree);
    seqPutDec(m, " kB\nAnonHugePages:  ", mss.anonymousThp);
    seqPutDec(m, " kB\nShmemPmdMapped: ", 0);
    seqPutDec(m, " kB\nFilePmdMapped:  ", 0);
    seqPutDec(m, " kB\nShared_Hugetlb: ", 0);
    m.seqPutDecimalUllWidth(" kB\nPrivate_Hugetlb: ", 0, 7);
    seqPutDec(m, " kB\nSwap:           ", mss.swap);
    seqPutDec(m, " kB\nSwapPss:        ", mss.swapPss >> PSS_SHIFT);
    seqPutDec(m, " kB\nLocked:         ", mss.pssLocked >> PSS_SHIFT);
    m.seqPuts(" kB\n");
  }

  @PortedFrom("fs/proc/task_mmu.c:SEQ_PUT_DEC")
  private static void seqPutDec(SeqFile m, String delimiter, long bytes) {
    m.seqPutDecimalUllWidth(delimiter, bytes / 1024, 8);
  }
}
