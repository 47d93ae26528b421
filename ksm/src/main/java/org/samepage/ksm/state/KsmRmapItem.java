// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.state;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.Mm;

/**
 * What ksmd remembers of one page of one mm: the only object there is for each page.
 *
 * <p>A layout whose item is larger has a subclass with its field.
 *
 * <p>It is plain, or in the unstable tree, or listed from a node of the stable tree; the flags in
 * the low bits of {@link #address} say which, and nothing else does. As a node of the unstable tree
 * it is an {@link RbNode}.
 *
 * <pre>
 *   address    63 .. 12           11 10   9       8         7 .. 0
 *              page address       0       STABLE  UNSTABLE  seqnr when inserted
 *   age word   63 .. 48  47 .. 40         39 .. 32  31 .. 0
 *              0         remaining_skips  age       oldchecksum
 * </pre>
 */
@PortedFrom(
    value = "mm/ksm.c:ksm_rmap_item",
    fidelity = Fidelity.ADAPTED,
    differs = "the arms of the unions are fields of their own, but for the age word")
public class KsmRmapItem extends RbNode implements RmapLink {
  /** Low bits of the seqnr of the pass that inserted an unstable item. */
  public static final int SEQNR_MASK = 0x0ff;

  /** Is a node of the unstable tree. */
  public static final int UNSTABLE_FLAG = 0x100;

  /** Is listed from the stable tree. */
  public static final int STABLE_FLAG = 0x200;

  /** A {@link #nid}: the tree was dropped before the pass that the item is stamped with ended. */
  public static final short DROPPED_WITH_ITS_TREE = -1;

  private static final long AGE_UNIT = 1L << 32;
  private static final long SKIP_UNIT = 1L << 40;

  /** The mm; no reference of its own. */
  public final Mm mm;

  /** The page's address, and flags in its low bits. */
  public long address;

  /** A counted reference, while the item is stable or about to become so. */
  public @Nullable AnonVma anonVma;

  /** The stable node that this item hangs off. */
  public @Nullable KsmStableNode head;

  @Nullable KsmRmapItem hlistNext;
  @Nullable KsmRmapItem hlistPrev;
  private @Nullable KsmRmapItem rmapList;
  private long ageWord;

  /** The unstable tree that this item is in: a NUMA node. */
  public short nid;

  public KsmRmapItem(Mm mm, long addr) {
    this.mm = mm;
    this.address = addr;
  }

  /** The page's address without flags. */
  public final long pageAddress() {
    return address & PageUnits.PAGE_MASK;
  }

  public final boolean isStable() {
    return (address & STABLE_FLAG) != 0;
  }

  public final boolean isUnstable() {
    return (address & UNSTABLE_FLAG) != 0;
  }

  /** Makes the item plain. */
  public final void clearFlags() {
    address &= PageUnits.PAGE_MASK;
  }

  /** The checksum at the last visit; of a stable item meaningless. */
  public final int oldchecksum() {
    return (int) ageWord;
  }

  public final void setOldchecksum(int checksum) {
    ageWord = (ageWord & ~0xffff_ffffL) | Integer.toUnsignedLong(checksum);
  }

  /** Visits so far, saturating at 255. */
  public final int age() {
    return (int) (ageWord >>> 32) & 0xff;
  }

  public final void incrementAge() {
    ageWord += AGE_UNIT;
  }

  /** Passes that will still go without looking at the page. */
  public final int remainingSkips() {
    return (int) (ageWord >>> 40) & 0xff;
  }

  public final void setRemainingSkips(int skips) {
    ageWord = (ageWord & ~(0xffL << 40)) | skips * SKIP_UNIT;
  }

  /**
   * The eight bytes of checksum, age and skips as one word. A layout may overlay them: what it
   * writes is then read as those three, as in a union.
   */
  public final long ageWord() {
    return ageWord;
  }

  public final void setAgeWord(long word) {
    ageWord = word;
  }

  /** The next item that hangs off the same stable node; null for the last. */
  public final @Nullable KsmRmapItem hlistNext() {
    return hlistNext;
  }

  @Override
  public final @Nullable KsmRmapItem rmapList() {
    return rmapList;
  }

  @Override
  public final void setRmapList(@Nullable KsmRmapItem next) {
    rmapList = next;
  }
}
