// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.state;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;

/**
 * An mm on ksmd's list, and its items. Holds one {@code mm_count} of the mm, no {@code mm_users}.
 *
 * <p>The list is circular, with a sentinel that has no mm; its links are guarded by
 * ksm_mmlist_lock, the items by ksm_thread_mutex.
 */
@PortedFrom(
    value = {"mm/ksm.c:ksm_mm_slot", "mm/mm_slot.h:mm_slot"},
    fidelity = Fidelity.ADAPTED,
    differs = "one class for both structs")
public final class KsmMmSlot implements RmapLink {
  private final @Nullable Mm mm;
  private @Nullable KsmRmapItem rmapList;
  private KsmMmSlot next;
  private KsmMmSlot prev;

  /** A slot that is on no list; the sentinel where there is no mm. */
  public KsmMmSlot(@Nullable Mm mm) {
    this.mm = mm;
    this.next = this;
    this.prev = this;
  }

  /** The mm; an error to ask the sentinel. */
  public Mm mm() {
    return Objects.requireNonNull(mm, "the head of the list has no mm");
  }

  public KsmMmSlot next() {
    return next;
  }

  /** Whether the list that this slot heads has no other member. */
  public boolean listEmpty() {
    return next == this;
  }

  /** Puts a slot that is on no list right before this one: list_add_tail. */
  public void addBefore(KsmMmSlot slot) {
    slot.prev = prev;
    slot.next = this;
    prev.next = slot;
    prev = slot;
  }

  /** Takes this slot off its list. */
  public void unlink() {
    prev.next = next;
    next.prev = prev;
    next = this;
    prev = this;
  }

  /** Moves a slot right behind this one: list_move. */
  public void moveBehind(KsmMmSlot slot) {
    slot.unlink();
    next.addBefore(slot);
  }

  @Override
  public @Nullable KsmRmapItem rmapList() {
    return rmapList;
  }

  @Override
  public void setRmapList(@Nullable KsmRmapItem item) {
    rmapList = item;
  }
}
