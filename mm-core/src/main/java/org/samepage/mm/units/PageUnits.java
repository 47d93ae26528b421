// SPDX-License-Identifier: GPL-2.0-only
// Constants of arch/x86/include/asm/{page_types,pgtable_64_types}.h, four levels.
package org.samepage.mm.units;

/**
 * Sizes of pages and of what one table entry of each level spans, and the conversions between them.
 *
 * <p>Addresses are unsigned 64-bit values in a {@code long}; user addresses are below {@link
 * #TASK_SIZE} and therefore never negative. Ends are exclusive.
 */
public final class PageUnits {
  public static final int PAGE_SHIFT = 12;
  public static final long PAGE_SIZE = 1L << PAGE_SHIFT;

  /** The bits of an address that name its page. */
  public static final long PAGE_MASK = -PAGE_SIZE;

  public static final int PMD_SHIFT = 21;
  public static final long PMD_SIZE = 1L << PMD_SHIFT;
  public static final long PMD_MASK = -PMD_SIZE;

  public static final int PUD_SHIFT = 30;
  public static final long PUD_SIZE = 1L << PUD_SHIFT;
  public static final long PUD_MASK = -PUD_SIZE;

  public static final int PGDIR_SHIFT = 39;
  public static final long PGDIR_SIZE = 1L << PGDIR_SHIFT;
  public static final long PGDIR_MASK = -PGDIR_SIZE;

  /** Entries of a table of any level. */
  public static final int PTRS_PER_TABLE = 512;

  /** Order of the folio that fills one middle-directory entry, and its pages. */
  public static final int HPAGE_PMD_ORDER = PMD_SHIFT - PAGE_SHIFT;

  public static final int HPAGE_PMD_NR = 1 << HPAGE_PMD_ORDER;

  /** Bytes of a page as an {@code int}, for offsets within one. */
  public static final int PAGE_BYTES = (int) PAGE_SIZE;

  /** First address above user space with 48-bit virtual addresses. */
  public static final long TASK_SIZE = 0x7ffffffff000L;

  /**
   * Below it a process's mappings begin that are given no address: the least gap for the stack, 128
   * MiB, below the top; without randomization.
   */
  public static final long DEFAULT_MMAP_BASE = TASK_SIZE - (128L << 20);

  private PageUnits() {}

  public static long pageAlignDown(long bytes) {
    return bytes & PAGE_MASK;
  }

  public static long pageAlignUp(long bytes) {
    return (bytes + PAGE_SIZE - 1) & PAGE_MASK;
  }

  /** The lower of two addresses, of which a caller's may be anything. */
  public static long lowerAddr(long a, long b) {
    return Long.compareUnsigned(a, b) < 0 ? a : b;
  }

  public static boolean isPageAligned(long bytes) {
    return (bytes & (PAGE_SIZE - 1)) == 0;
  }

  /** Whole pages in a span of bytes, or the page number of an address. */
  public static long bytesToPages(long bytes) {
    return bytes >>> PAGE_SHIFT;
  }

  public static long bytesToPagesUp(long bytes) {
    return (bytes + PAGE_SIZE - 1) >>> PAGE_SHIFT;
  }

  public static long pagesToBytes(long pages) {
    return pages << PAGE_SHIFT;
  }

  /** The entry of a page table (lowest level) that maps this address, 0 to 511. */
  public static int pteIndex(long addr) {
    return (int) (addr >>> PAGE_SHIFT) & (PTRS_PER_TABLE - 1);
  }

  public static int pmdIndex(long addr) {
    return (int) (addr >>> PMD_SHIFT) & (PTRS_PER_TABLE - 1);
  }

  public static int pudIndex(long addr) {
    return (int) (addr >>> PUD_SHIFT) & (PTRS_PER_TABLE - 1);
  }

  public static int pgdIndex(long addr) {
    return (int) (addr >>> PGDIR_SHIFT) & (PTRS_PER_TABLE - 1);
  }

  /**
   * The end of the part of {@code [addr, end)} that one PMD entry spans; unsigned, end may be 0.
   */
  public static long pmdAddrEnd(long addr, long end) {
    return boundary(addr, end, PMD_SIZE);
  }

  public static long pudAddrEnd(long addr, long end) {
    return boundary(addr, end, PUD_SIZE);
  }

  public static long pgdAddrEnd(long addr, long end) {
    return boundary(addr, end, PGDIR_SIZE);
  }

  private static long boundary(long addr, long end, long size) {
    long next = (addr + size) & -size;
    return Long.compareUnsigned(next - 1, end - 1) < 0 ? next : end;
  }
}
