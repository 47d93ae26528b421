// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/task_mmu.c.
package org.samepage.machine.proc;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_MASK;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.TASK_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.pagesToBytes;
import static org.samepage.mm.units.PageUnits.pteIndex;

import java.util.Arrays;
import java.util.Objects;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.MmWalkOps;
import org.samepage.pagewalk.PageWalk;
import org.samepage.pagewalk.PageWalkLock;
import org.samepage.pagewalk.WalkAction;
import org.samepage.pagewalk.WalkCallback;

/** One word for each page of an address space: {@code /proc/PID/pagemap}. */
public final class PagemapFile {
  /** The frame number; of what is not present, type and offset. */
  public static final long PM_PFRAME_MASK = (1L << 55) - 1;

  /** Written since somebody asked, where that is tracked; or all of the mapping is new. */
  public static final long PM_SOFT_DIRTY = 1L << 55;

  /** The page has one mapping, and this is it. */
  public static final long PM_MMAP_EXCLUSIVE = 1L << 56;

  public static final long PM_UFFD_WP = 1L << 57;
  public static final long PM_GUARD_REGION = 1L << 58;

  /** A file's page, shared anonymous memory included. */
  public static final long PM_FILE = 1L << 61;

  public static final long PM_SWAP = 1L << 62;
  public static final long PM_PRESENT = 1L << 63;

  private static final int PM_END_OF_BUFFER = 1;
  private static final int MAX_SWAPFILES_SHIFT = 5;

  private final Folios folios;
  private final NormalPage normalPage;
  private final PageWalk pageWalk;

  PagemapFile(Folios folios, NormalPage normalPage, PageWalk pageWalk) {
    this.folios = folios;
    this.normalPage = normalPage;
    this.pageWalk = pageWalk;
  }

  /** The callbacks of one reading, and the buffer that it fills. */
  @PortedFrom(
      value = {"fs/proc/task_mmu.c:pagemap_ops", "fs/proc/task_mmu.c:pagemapread"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb; fills the reader's buffer")
  private static final class PagemapOps extends MmWalkOps {
    private final Folios folios;
    private final NormalPage normalPage;
    private final boolean showPfn;
    private final long[] buffer;
    private final int len;
    private int pos;

    PagemapOps(PagemapFile file, boolean showPfn, long[] buffer, int len) {
      super(PageWalkLock.PGWALK_RDLOCK, WalkCallback.PMD_ENTRY, WalkCallback.PTE_HOLE);
      this.folios = file.folios;
      this.normalPage = file.normalPage;
      this.showPfn = showPfn;
      this.buffer = buffer;
      this.len = len;
    }

    @Override
    @PortedFrom("fs/proc/task_mmu.c:pagemap_pte_hole")
    protected int pteHole(long start, long end, int depth, MmWalk walk) {
      for (long addr = start; addr < end; ) {
        VmArea vma = walk.mm().vmas.findVma(addr);
        long holeEnd = vma == null ? end : Math.min(end, Math.max(addr, vma.vmStart));
        if (fill(bytesToPages(holeEnd - addr), 0) || vma == null) {
          break;
        }
        long vmaEnd = Math.min(end, vma.vmEnd);
        long word = SoftDirty.pmSoftDirty(vma, 0) ? PM_SOFT_DIRTY : 0;
        if (fill(bytesToPages(Math.max(0, vmaEnd - holeEnd)), word)) {
          break;
        }
        addr = vmaEnd;
      }
      return pos >= len ? PM_END_OF_BUFFER : 0;
    }

    /** Adds words, as many as there is room for; whether the buffer is full. */
    private boolean fill(long pages, long word) {
      int to = (int) Math.min(len, pos + pages);
      Arrays.fill(buffer, pos, to, word);
      pos = to;
      return pos >= len;
    }

    @Override
    @PortedFrom("fs/proc/task_mmu.c:pagemap_pmd_range")
    protected int pmdEntry(PageTable pmdTable, int index, long start, long end, MmWalk walk) {
      if (PgTables.isHuge(pmdTable.getLockless(index))) {
        pmdTable.ptl.lock();
        try {
          long pmd = pmdTable.get(index);
          if (PgTables.isHuge(pmd)) {
            return pagemapPmdRangeThp(Objects.requireNonNull(walk.vma()), pmd, start, end);
          }
        } finally {
          pmdTable.ptl.unlock();
        }
      }
      PageTable table = PgTables.below(pmdTable, index);
      if (table == null) {
        walk.action = WalkAction.ACTION_AGAIN;
        return 0;
      }
      VmArea vma = Objects.requireNonNull(walk.vma());
      int err = 0;
      table.ptl.lock();
      try {
        for (long addr = start; err == 0 && addr < end; addr += PAGE_SIZE) {
          walk.work().ptesRead++;
          err = addToPagemap(pteToPagemapEntry(vma, addr, table.get(pteIndex(addr))));
        }
      } finally {
        table.ptl.unlock();
      }
      return err;
    }

    /**
     * Says of each page of a huge entry what the entry says. Whether the first page has no other
     * mapping stands for all of them, and the huge page of zeros counts as a file's.
     */
    @PortedFrom("fs/proc/task_mmu.c:pagemap_pmd_range_thp")
    private int pagemapPmdRangeThp(VmArea vma, long pmd, long start, long end) {
      PteLayout ptes = vma.vmMm.ptes;
      boolean present = Pmd.pmdPresent(pmd);
      long idx = bytesToPages(start & (PMD_SIZE - 1));
      int folio = (int) (present ? Pmd.pmdPfn(pmd) : ptes.types.swpOffsetPfn(pmd));
      long flags = present ? PM_PRESENT : PM_SWAP;
      flags |= SoftDirty.pmSoftDirty(vma, pmd) ? PM_SOFT_DIRTY : 0;
      flags |= (present ? Pmd.pmdUffdWp(pmd) : SwapEntry.pteSwpUffdWp(pmd)) ? PM_UFFD_WP : 0;
      flags |= folios.folioTestAnon(folio) ? 0 : PM_FILE;
      boolean exclusive = present && folios.folioPrecisePageMapcount(folio, folio) == 1;
      flags |= exclusive ? PM_MMAP_EXCLUSIVE : 0;
      int err = 0;
      for (long addr = start; err == 0 && addr < end; addr += PAGE_SIZE, idx++) {
        long frame = folio + idx;
        if (!present) {
          frame = SwapEntry.swpTypeRaw(pmd) | frame << MAX_SWAPFILES_SHIFT;
        }
        err = addToPagemap(flags | (showPfn ? frame & PM_PFRAME_MASK : 0));
      }
      return err;
    }

    @PortedFrom("fs/proc/task_mmu.c:add_to_pagemap")
    private int addToPagemap(long pme) {
      buffer[pos++] = pme;
      return pos >= len ? PM_END_OF_BUFFER : 0;
    }

    @PortedFrom(
        value = "fs/proc/task_mmu.c:pte_to_pagemap_entry",
        fidelity = Fidelity.SIMPLIFIED,
        differs = "no device memory")
    private long pteToPagemapEntry(VmArea vma, long addr, long pte) {
      long dirty = SoftDirty.pmSoftDirty(vma, pte) ? PM_SOFT_DIRTY : 0;
      if (Pte.pteNone(pte)) {
        return dirty;
      }
      if (!Pte.ptePresent(pte)) {
        return dirty | nonpresentEntry(vma.vmMm.ptes.types, pte);
      }
      long word = dirty | PM_PRESENT | (showPfn ? Pte.ptePfn(pte) & PM_PFRAME_MASK : 0);
      word |= Pte.pteUffdWp(pte) ? PM_UFFD_WP : 0;
      int page = normalPage.vmNormalPage(vma, addr, pte);
      if (page == Frames.NO_PAGE) {
        return word;
      }
      int folio = folios.pageFolio(page);
      word |= folios.folioTestAnon(folio) ? 0 : PM_FILE;
      word |= folios.folioPrecisePageMapcount(folio, page) == 1 ? PM_MMAP_EXCLUSIVE : 0;
      return word;
    }

    private long nonpresentEntry(SwapTypes types, long pte) {
      long word = PM_SWAP;
      boolean hasPfn = types.isPfnSwapEntry(pte);
      long offset = hasPfn ? types.swpOffsetPfn(pte) : SwapEntry.swpOffsetRaw(pte);
      if (hasPfn && !folios.folioTestAnon(folios.pageFolio((int) offset))) {
        word |= PM_FILE;
      }
      if (showPfn) {
        long frame = SwapEntry.swpTypeRaw(pte) | offset << MAX_SWAPFILES_SHIFT;
        word |= frame & PM_PFRAME_MASK;
      }
      if (SwapEntry.pteSwpUffdWp(pte) || PteMarker.pteMarkerUffdWp(pte)) {
        word |= PM_UFFD_WP;
      }
      return word | (PteMarker.isGuardPteMarker(pte) ? PM_GUARD_REGION : 0);
    }
  }

  /**
   * Reads words. Takes mmap_lock for reading, again for each 2 MiB of addresses.
   *
   * @param ppos where in the file to begin [bytes]: 8 for each page of the address space
   * @param count how much to read [bytes]
   * @param showPfn whether the reader may see frame numbers
   * @param into takes the words; at least as long as {@code count} says
   * @return how many words there are, less at the end of the address space, or {@code -EINVAL} for
   *     a part of a word
   */
  @PortedFrom(
      value = "fs/proc/task_mmu.c:pagemap_read",
      fidelity = Fidelity.ADAPTED,
      differs = "in words; fills the reader's buffer without one of its own")
  public int pagemapRead(Mm mm, long ppos, long count, boolean showPfn, long[] into) {
    if (ppos % Long.BYTES != 0 || count % Long.BYTES != 0) {
      return -Errno.EINVAL;
    }
    long svpfn = ppos / Long.BYTES;
    if (count == 0 || svpfn >= bytesToPages(TASK_SIZE)) {
      return 0;
    }
    long start = pagesToBytes(svpfn);
    long pages = Math.min(count / Long.BYTES, bytesToPages(TASK_SIZE - start));
    long end = start + pagesToBytes(pages);
    PagemapOps ops = new PagemapOps(this, showPfn, into, (int) pages);
    MmWalk walk = new MmWalk(ops);
    for (long at = start; at < end; ) {
      long upTo = Math.min((at + PMD_SIZE) & PMD_MASK, end);
      mm.mmapLock.readLock();
      try {
        var _ = pageWalk.walkPageRange(mm, at, upTo, walk);
      } finally {
        mm.mmapLock.readUnlock();
      }
      at = upTo;
    }
    return ops.pos;
  }
}
