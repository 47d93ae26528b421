// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.pgtable;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PteLayoutTest {
  private static final long PAGE = 0x8000_0000_0123_4025L;
  private static final long GUARD = 0xffff_ffff_ffff_f600L;
  private final PteLayout tracking = new PteLayout(new KernelOptions(true, false, false, false));
  private final PteLayout reference = PteLayout.REFERENCE;

  @Test
  void where_writes_are_tracked_dirty_is_soft_dirty_too() {
    assertThat(reference.pteMkdirty(PAGE | Pte.RW)).isEqualTo(0x8000_0000_0123_4067L);
    assertThat(tracking.pteMkdirty(PAGE | Pte.RW)).isEqualTo(0x8000_0000_0123_4867L);
    assertThat(tracking.pteMkdirty(PAGE)).as("read-only").isEqualTo(0x8400_0000_0123_4825L);
    assertThat(tracking.pteSoftDirty(tracking.pteMkdirty(PAGE))).isTrue();
    assertThat(reference.pteSoftDirty(PAGE | Pte.SOFT_DIRTY)).as("no such bit").isFalse();
  }

  @Test
  void what_moves_is_soft_dirty_markers_too() {
    assertThat(tracking.moveSoftDirtyPte(PAGE)).isEqualTo(PAGE | 0x800);
    assertThat(tracking.moveSoftDirtyPte(GUARD)).isEqualTo(GUARD | 2);
    assertThat(PteMarker.isGuardPteMarker(GUARD | 2)).as("a guard all the same").isTrue();
    assertThat(reference.moveSoftDirtyPte(PAGE)).isEqualTo(PAGE);
    assertThat(reference.moveSoftDirtyPte(GUARD)).isEqualTo(GUARD);
  }

  @Test
  void the_bit_of_swap_entries_is_that_of_RW() {
    long slot = SwapEntry.swpEntryRaw(0, 1);
    assertThat(tracking.pteSwpMksoftDirty(slot)).isEqualTo(0x07ff_ffff_ffff_fc02L);
    assertThat(tracking.pteSwpSoftDirty(slot | 2)).isTrue();
    assertThat(tracking.pteSwpClearSoftDirty(slot | 2)).isEqualTo(slot);
    assertThat(reference.pteSwpMksoftDirty(slot)).isEqualTo(slot);
    assertThat(Pte.ptePresent(slot | 2)).isFalse();
  }

  @Test
  void a_change_of_protection_keeps_it() {
    long tracked = tracking.pteMkdirty(PAGE);
    assertThat(Pte.pteModify(tracked, PgProt.vmGetPageProt(0)) & 0x800).isEqualTo(0x800);
    assertThat(tracking.pteClearSoftDirty(tracked)).isEqualTo(0x8400_0000_0123_4025L);
  }

  @Test
  void protection_for_userfaultfd_takes_the_write_bit_and_does_not_give_it_back() {
    long written = 0x8000_0000_0123_4067L;
    assertThat(Pte.pteMkuffdWp(written)).isEqualTo(0x8400_0000_0123_4425L);
    assertThat(Pte.pteClearUffdWp(0x8400_0000_0123_4425L)).isEqualTo(0x8400_0000_0123_4025L);
    assertThat(Pte.pteUffdWp(0x8400_0000_0123_4425L)).isTrue();
  }

  @Test
  void flags_of_swap_entries_stand_below_the_offset() {
    long slot = SwapEntry.swpEntryRaw(3, 77);
    long flagged = SwapEntry.pteSwpMkexclusive(SwapEntry.pteSwpMkuffdWp(slot));
    assertThat(flagged).isEqualTo(slot | 0xc);
    assertThat(SwapEntry.swpOffsetRaw(flagged)).isEqualTo(77);
    assertThat(SwapEntry.pteSwpUffdWp(flagged)).isTrue();
    assertThat(SwapEntry.pteSwpExclusive(flagged)).isTrue();
    assertThat(SwapEntry.pteSwpClearUffdWp(SwapEntry.pteSwpClearExclusive(flagged)))
        .isEqualTo(slot);
  }
}
