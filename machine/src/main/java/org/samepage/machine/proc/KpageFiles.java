// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/page.c; values of include/uapi/linux/kernel-page-flags.h.
package org.samepage.machine.proc;

import static org.samepage.mm.phys.FolioMapping.FOLIO_MAPPING_ANON;
import static org.samepage.mm.phys.FolioMapping.FOLIO_MAPPING_KSM;

import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** One word for each frame: {@code /proc/kpagecount} and {@code /proc/kpageflags}. */
public final class KpageFiles {
  public static final long KPF_LOCKED = 0x1L;
  public static final long KPF_REFERENCED = 0x4L;
  public static final long KPF_UPTODATE = 0x8L;
  public static final long KPF_DIRTY = 0x10L;
  public static final long KPF_ACTIVE = 0x40L;
  public static final long KPF_BUDDY = 0x400L;
  public static final long KPF_MMAP = 0x800L;
  public static final long KPF_ANON = 0x1000L;
  public static final long KPF_SWAPCACHE = 0x2000L;
  public static final long KPF_SWAPBACKED = 0x4000L;
  public static final long KPF_COMPOUND_HEAD = 0x8000L;
  public static final long KPF_COMPOUND_TAIL = 0x10000L;
  public static final long KPF_UNEVICTABLE = 0x40000L;
  public static final long KPF_THP = 0x400000L;
  public static final long KPF_KSM = 0x200000L;
  public static final long KPF_ZERO_PAGE = 0x1000000L;
  public static final long KPF_PGTABLE = 0x4000000L;
  public static final long KPF_RESERVED = 0x100000000L;
  public static final long KPF_MLOCKED = 0x200000000L;

  /** Of an anonymous page: that it is exclusive, for both have one bit in the kernel. */
  public static final long KPF_OWNER_2 = 0x400000000L;

  private final Folios folios;
  private final Frames frames;
  private final PageAllocator allocator;

  KpageFiles(Folios folios, PageAllocator allocator) {
    this.folios = folios;
    this.frames = folios.frames();
    this.allocator = allocator;
  }

  /** Which of the two is read. */
  public enum Operation {
    /** {@code kpageflags}. */
    KPAGE_FLAGS,
    /** {@code kpagecount}. */
    KPAGE_COUNT
  }

  /** How many page-table entries map a frame; 0 for a number that is no frame. */
  @PortedFrom("fs/proc/page.c:get_kpage_count")
  public long getKpageCount(long pfn) {
    if (!frames.pfnValid(pfn)) {
      return 0;
    }
    int page = (int) pfn;
    return folios.folioPrecisePageMapcount(folios.pageFolio(page), page);
  }

  /** What a frame is: bits {@code KPF_*}; 0 for a number that is no frame. */
  @PortedFrom(
      value = "fs/proc/page.c:stable_page_flags",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "there are no LRU lists, nor slabs, offline pages and hugetlb")
  public long stablePageFlags(long number) {
    if (number < 0 || number >= frames.endPfn()) {
      return 0;
    }
    int page = (int) number;
    if (allocator.isFreeBuddyPage(page)) {
      return KPF_BUDDY;
    }
    int pfn = folios.pageFolio(page); // a large folio's flags are those of its first page
    int k = frames.flags(pfn);
    long u = folios.folioMapped(pfn) ? KPF_MMAP : 0;
    FolioMapping mapping = folios.folioRawMapping(pfn);
    int kind = mapping == null ? 0 : mapping.mappingFlags();
    u |= (kind & FOLIO_MAPPING_ANON) != 0 ? KPF_ANON : 0;
    u |= kind == FOLIO_MAPPING_KSM ? KPF_KSM : 0;
    u |= kpfCopyBit(k, page == pfn ? KPF_COMPOUND_HEAD : 0, PageFlags.PG_HEAD);
    u |= page == pfn ? 0 : KPF_COMPOUND_TAIL;
    u |= folios.folioTestLarge(pfn) ? KPF_THP : 0;
    u |= Folios.isZeroPfn(pfn) || frames.isHugeZeroPfn(pfn) ? KPF_ZERO_PAGE : 0;
    u |= kpfCopyBit(k, KPF_PGTABLE, PageFlags.PG_TABLE);
    u |= kpfCopyBit(k, KPF_LOCKED, PageFlags.PG_LOCKED);
    u |= kpfCopyBit(k, KPF_DIRTY, PageFlags.PG_DIRTY);
    u |= kpfCopyBit(k, KPF_UPTODATE, PageFlags.PG_UPTODATE);
    u |= kpfCopyBit(k, KPF_REFERENCED, PageFlags.PG_REFERENCED);
    u |= kpfCopyBit(k, KPF_ACTIVE, PageFlags.PG_ACTIVE);
    if ((k & PageFlags.PG_SWAPBACKED) != 0) {
      u |= KPF_SWAPBACKED | kpfCopyBit(k, KPF_SWAPCACHE, PageFlags.PG_SWAPCACHE);
    }
    u |= kpfCopyBit(k, KPF_UNEVICTABLE, PageFlags.PG_UNEVICTABLE);
    u |= kpfCopyBit(k, KPF_MLOCKED, PageFlags.PG_MLOCKED);
    u |= kpfCopyBit(k, KPF_RESERVED, PageFlags.PG_RESERVED);
    return u | kpfCopyBit(k, KPF_OWNER_2, PageFlags.PG_ANON_EXCLUSIVE);
  }

  @PortedFrom(
      value = "fs/proc/page.c:kpf_copy_bit",
      fidelity = Fidelity.ADAPTED,
      differs = "takes masks instead of bit numbers")
  private static long kpfCopyBit(int kflags, long ubit, int kbit) {
    return (kflags & kbit) != 0 ? ubit : 0;
  }

  /**
   * Reads words.
   *
   * @param ppos where in the file to begin [bytes]: 8 for each frame
   * @param count how much to read [bytes]
   * @param into takes the words; at least as long as {@code count} says
   * @return how many words there are, less at the end of memory, or {@code -EINVAL} for a part of a
   *     word
   */
  @PortedFrom(
      value = "fs/proc/page.c:kpage_read",
      fidelity = Fidelity.ADAPTED,
      differs = "in words; ends with the last frame, not with the last section of memory")
  public int kpageRead(Operation op, long ppos, long count, long[] into) {
    if (ppos % Long.BYTES != 0 || count % Long.BYTES != 0) {
      return -Errno.EINVAL;
    }
    long first = ppos / Long.BYTES;
    int words = (int) Math.max(0, Math.min(count / Long.BYTES, frames.endPfn() - first));
    for (int i = 0; i < words; i++) {
      into[i] =
          switch (op) {
            case KPAGE_FLAGS -> stablePageFlags(first + i);
            case KPAGE_COUNT -> getKpageCount(first + i);
          };
    }
    return words;
  }
}
