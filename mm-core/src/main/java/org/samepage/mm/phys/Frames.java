// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.phys;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;

/**
 * The rows of all frames: the machine's struct pages.
 *
 * <pre>
 *   int 0        1          2           3         4..5
 *   +------------+----------+-----------+---------+-------------------+
 *   | flags      | refcount | _mapcount | content | index (low, high) |   24 bytes, and a reference
 *   +------------+----------+-----------+---------+-------------------+   to the mapping: 28 a frame
 * </pre>
 *
 * <p>A large folio's own words are in the rows of its second and later pages, where an index means
 * nothing: {@link #largeMapcountRaw} and what follows it.
 *
 * <p>Rows come in sections of {@value #SECTION_PAGES} frames; a section that holds no frame in use
 * costs one null. {@code _mapcount} is stored less one, as in the kernel. A pfn must belong to a
 * section that {@link #populate} has made. The private word (a folio's swap slot) and {@code
 * mlock_count} are kept aside, for sections where one was ever set.
 */
@PortedFrom(
    value = "include/linux/mm_types.h:page",
    fidelity = Fidelity.ADAPTED,
    differs = "rows in flat arrays; no lru and memcg words")
public final class Frames {
  /** No frame: what a null page pointer is in C. */
  public static final int NO_PAGE = -1;

  /** In {@link #mmIds}: more than one address space maps the folio, or did. */
  public static final int MM_IDS_SHARED = 1;

  private static final int SECTION_SHIFT = 13;
  private static final int SECTION_PAGES = 1 << SECTION_SHIFT;
  private static final int SECTION_MASK = SECTION_PAGES - 1;

  /** Of the two bits of a flags word that say what the mapping is. */
  private static final int TAG_SHIFT = 30;

  private static final int TAG_FREE = (1 << TAG_SHIFT) - 1;

  private static final int ROW = 6;
  private static final int FLAGS = 0;
  private static final int REFCOUNT = 1;
  private static final int MAPCOUNT = 2;
  private static final int CONTENT = 3;
  private static final int INDEX = 4;

  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(int[].class);
  private static final VarHandle MAPPING =
      MethodHandles.arrayElementVarHandle(FolioMapping[].class);
  private static final VarHandle SECTION = MethodHandles.arrayElementVarHandle(int[][].class);

  private final int[][] rows;
  private final @Nullable FolioMapping[][] mappings;
  private final int[] @Nullable [] privates;
  private final int[] @Nullable [] mlockCounts;
  private final int endPfn;
  private volatile int hugeZeroPfn = NO_PAGE;

  /**
   * Room for the frames below {@code endPfn}; none of them has a row yet.
   *
   * @param endPfn one more than the highest pfn of the machine
   */
  public Frames(int endPfn) {
    int sections = (endPfn + SECTION_MASK) >>> SECTION_SHIFT;
    this.rows = new int[sections][];
    this.mappings = new FolioMapping[sections][];
    this.privates = new int[sections][];
    this.mlockCounts = new int[sections][];
    this.endPfn = endPfn;
  }

  /** One more than the highest pfn that the machine can have. */
  public int endPfn() {
    return endPfn;
  }

  /** Whether this number is a frame of the machine and has a row. */
  @PortedFrom("include/linux/mmzone.h:pfn_valid")
  public boolean pfnValid(long pfn) {
    return pfn >= 0
        && pfn < endPfn
        && SECTION.getAcquire(rows, (int) (pfn >>> SECTION_SHIFT)) != null;
  }

  /** Whether a frame belongs to the shared huge page of zeros. */
  @PortedFrom("include/linux/huge_mm.h:is_huge_zero_pfn")
  public boolean isHugeZeroPfn(long pfn) {
    return hugeZeroPfn == (pfn & -PageUnits.HPAGE_PMD_NR);
  }

  /** The first frame of the shared huge page of zeros; {@link #NO_PAGE} while there is none. */
  @PortedFrom("mm/huge_memory.c:huge_zero_pfn")
  public int hugeZeroPfn() {
    return hugeZeroPfn;
  }

  /** Sets it: {@link #hugeZeroPfn}. */
  public void setHugeZeroPfn(int pfn) {
    hugeZeroPfn = pfn;
  }

  /** Makes the section of this frame, if it is not there. The caller serialises calls. */
  void populate(int pfn) {
    int section = pfn >>> SECTION_SHIFT;
    if (rows[section] == null) {
      int[] fresh = new int[SECTION_PAGES * ROW];
      for (int i = MAPCOUNT; i < fresh.length; i += ROW) {
        fresh[i] = -1;
      }
      mappings[section] = new FolioMapping[SECTION_PAGES];
      SECTION.setRelease(rows, section, fresh);
    }
  }

  private int[] row(int pfn) {
    return rows[pfn >>> SECTION_SHIFT];
  }

  private static int at(int pfn, int field) {
    return (pfn & SECTION_MASK) * ROW + field;
  }

  public int flags(int pfn) {
    return (int) WORD.getAcquire(row(pfn), at(pfn, FLAGS));
  }

  public boolean testFlag(int pfn, int flag) {
    return (flags(pfn) & flag) != 0;
  }

  /**
   * Sets a flag.
   *
   * @return whether it was set before
   */
  public boolean testAndSetFlag(int pfn, int flag) {
    return ((int) WORD.getAndBitwiseOr(row(pfn), at(pfn, FLAGS), flag) & flag) != 0;
  }

  public void setFlag(int pfn, int flag) {
    WORD.getAndBitwiseOr(row(pfn), at(pfn, FLAGS), flag);
  }

  public void clearFlag(int pfn, int flag) {
    WORD.getAndBitwiseAnd(row(pfn), at(pfn, FLAGS), ~flag);
  }

  /** Replaces the whole flags word; for a frame that nobody else can see, and without mapping. */
  void resetFlags(int pfn, int flags) {
    WORD.setRelease(row(pfn), at(pfn, FLAGS), flags);
  }

  /** The first page of the folio that a page belongs to. */
  @PortedFrom("include/linux/page-flags.h:_compound_head")
  public int compoundHead(int page) {
    return testFlag(page, PageFlags.PG_TAIL) ? page & -PageUnits.HPAGE_PMD_NR : page;
  }

  public int refcount(int pfn) {
    return (int) WORD.getAcquire(row(pfn), at(pfn, REFCOUNT));
  }

  void setRefcount(int pfn, int count) {
    WORD.setRelease(row(pfn), at(pfn, REFCOUNT), count);
  }

  /** Adds to the reference count and returns the new value. */
  int addRefcount(int pfn, int delta) {
    return (int) WORD.getAndAdd(row(pfn), at(pfn, REFCOUNT), delta) + delta;
  }

  boolean casRefcount(int pfn, int expected, int count) {
    return WORD.compareAndSet(row(pfn), at(pfn, REFCOUNT), expected, count);
  }

  /** The stored {@code _mapcount}: mappings less one. */
  public int mapcountRaw(int pfn) {
    return (int) WORD.getAcquire(row(pfn), at(pfn, MAPCOUNT));
  }

  public void setMapcountRaw(int pfn, int value) {
    WORD.setRelease(row(pfn), at(pfn, MAPCOUNT), value);
  }

  /** Adds to the stored {@code _mapcount} and returns the new stored value. */
  public int addMapcountRaw(int pfn, int delta) {
    return (int) WORD.getAndAdd(row(pfn), at(pfn, MAPCOUNT), delta) + delta;
  }

  public @Nullable FolioMapping mapping(int pfn) {
    return (FolioMapping) MAPPING.getAcquire(mappings[pfn >>> SECTION_SHIFT], pfn & SECTION_MASK);
  }

  /**
   * Sets the mapping, and its tag in the row: whoever reads the tag alone needs no other line of
   * memory. A tag is not seen before the mapping that it speaks of, nor after that is gone.
   */
  public void setMapping(int pfn, @Nullable FolioMapping mapping) {
    if (mapping == null) {
      tagMapping(pfn, 0);
    }
    MAPPING.setRelease(mappings[pfn >>> SECTION_SHIFT], pfn & SECTION_MASK, mapping);
    if (mapping != null) {
      tagMapping(pfn, mapping.mappingFlags());
    }
  }

  private void tagMapping(int pfn, int tag) {
    int[] row = row(pfn);
    int at = at(pfn, FLAGS);
    int flags = flags(pfn);
    while (flags >>> TAG_SHIFT != tag) {
      WORD.compareAndSet(row, at, flags, (flags & TAG_FREE) | (tag << TAG_SHIFT));
      flags = flags(pfn);
    }
  }

  /** {@link FolioMapping#mappingFlags} of the mapping; 0 where there is none. */
  int mappingTag(int pfn) {
    return flags(pfn) >>> TAG_SHIFT;
  }

  /** The folio's offset in what it belongs to [pages]; guarded by the folio lock. */
  public long index(int pfn) {
    int[] row = row(pfn);
    int at = at(pfn, INDEX);
    return Integer.toUnsignedLong(row[at]) | (long) row[at + 1] << 32;
  }

  public void setIndex(int pfn, long index) {
    int[] row = row(pfn);
    int at = at(pfn, INDEX);
    row[at] = (int) index;
    row[at + 1] = (int) (index >>> 32);
  }

  /** The private word: the swap slot of a folio in the swap cache. Guarded by the folio lock. */
  public int privateWord(int pfn) {
    return aside(privates, pfn);
  }

  /** Sets the private word. */
  public void setPrivateWord(int pfn, int word) {
    setAside(privates, pfn, word);
  }

  /**
   * {@code mlock_count}: how often an unevictable folio is locked in memory, if all was counted.
   * For who has it isolated.
   */
  public int mlockCount(int pfn) {
    return aside(mlockCounts, pfn);
  }

  /** Sets {@link #mlockCount}. */
  public void setMlockCount(int pfn, int count) {
    setAside(mlockCounts, pfn, count);
  }

  private static int aside(int[] @Nullable [] sections, int pfn) {
    int[] words = sections[pfn >>> SECTION_SHIFT];
    return words == null ? 0 : words[pfn & SECTION_MASK];
  }

  private void setAside(int[] @Nullable [] sections, int pfn, int word) {
    int[] words = sections[pfn >>> SECTION_SHIFT];
    if (words == null) {
      words = makeAside(sections, pfn >>> SECTION_SHIFT);
    }
    words[pfn & SECTION_MASK] = word;
  }

  private synchronized int[] makeAside(int[] @Nullable [] sections, int section) {
    int[] words = sections[section];
    if (words == null) {
      words = new int[SECTION_PAGES];
      sections[section] = words;
    }
    return words;
  }

  // The words of a large folio, at the index of its second to fifth page, low and high

  private static int atIndex(int pfn, int half) {
    return at(pfn, INDEX) + half;
  }

  private int word(int pfn, int half) {
    return (int) WORD.getAcquire(row(pfn), atIndex(pfn, half));
  }

  private void setWord(int pfn, int half, int value) {
    WORD.setRelease(row(pfn), atIndex(pfn, half), value);
  }

  private int addWord(int pfn, int half, int delta) {
    return (int) WORD.getAndAdd(row(pfn), atIndex(pfn, half), delta) + delta;
  }

  /** The stored {@code _large_mapcount}: all mappings of the folio's pages less one. */
  public int largeMapcountRaw(int folio) {
    return word(folio + 1, 0);
  }

  public void setLargeMapcountRaw(int folio, int value) {
    setWord(folio + 1, 0, value);
  }

  /**
   * {@code _nr_pages_mapped}: pages with entries of their own, and the mark of an entire mapping.
   */
  public int nrPagesMapped(int folio) {
    return word(folio + 1, 1);
  }

  public void setNrPagesMapped(int folio, int value) {
    setWord(folio + 1, 1, value);
  }

  /** Adds to {@link #nrPagesMapped} and returns the new value. */
  public int addNrPagesMapped(int folio, int delta) {
    return addWord(folio + 1, 1, delta);
  }

  /** The stored {@code _entire_mapcount}: huge entries less one. */
  public int entireMapcountRaw(int folio) {
    return word(folio + 2, 0);
  }

  public void setEntireMapcountRaw(int folio, int value) {
    setWord(folio + 2, 0, value);
  }

  /** Adds to the stored {@code _entire_mapcount} and returns the new stored value. */
  public int addEntireMapcountRaw(int folio, int delta) {
    return addWord(folio + 2, 0, delta);
  }

  /** Sets bits of {@code _mm_ids} if they are as expected: its lock and the mark of sharing. */
  public boolean casMmIds(int folio, int expected, int value) {
    return WORD.compareAndSet(row(folio + 2), atIndex(folio + 2, 1), expected, value);
  }

  public int mmIds(int folio) {
    return word(folio + 2, 1);
  }

  public void setMmIds(int folio, int value) {
    setWord(folio + 2, 1, value);
  }

  /** The address space that a slot counts the mappings of; slots are 0 and 1. */
  public int mmId(int folio, int slot) {
    return word(folio + 3, slot);
  }

  public void setMmId(int folio, int slot, int id) {
    setWord(folio + 3, slot, id);
  }

  /** The stored {@code _mm_id_mapcount}: a slot's mappings less one. */
  public int mmIdMapcountRaw(int folio, int slot) {
    return word(folio + 4, slot);
  }

  public void setMmIdMapcountRaw(int folio, int slot, int value) {
    setWord(folio + 4, slot, value);
  }

  /** The slot of {@link PageContents} that holds the frame's bytes. */
  int contentSlot(int pfn) {
    return (int) WORD.getAcquire(row(pfn), at(pfn, CONTENT));
  }

  void setContentSlot(int pfn, int slot) {
    WORD.setRelease(row(pfn), at(pfn, CONTENT), slot);
  }

  boolean casContentSlot(int pfn, int expected, int slot) {
    return WORD.compareAndSet(row(pfn), at(pfn, CONTENT), expected, slot);
  }
}
