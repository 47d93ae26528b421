// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.pgtable;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class SwapTypesTest {
  private final SwapTypes types = SwapTypes.REFERENCE;

  @Test
  void migration_entries_have_the_words_that_the_reference_kernel_gives_them() {
    assertThat(types.makeReadableMigrationEntry(0x1234)).isEqualTo(0xe7ff_ffff_ffdb_9600L);
    assertThat(types.makeReadableExclusiveMigrationEntry(0x1234)).isEqualTo(0xefff_ffff_ffdb_9600L);
    long write = types.makeWritableMigrationEntry(0x1234);
    assertThat(write).isEqualTo(0xf7ff_ffff_ffdb_9600L);
    long marked = SwapTypes.makeMigrationEntryDirty(SwapTypes.makeMigrationEntryYoung(write));
    assertThat(marked).isEqualTo(0xf7ff_e7ff_ffdb_9600L);
    assertThat(SwapTypes.isMigrationEntryYoung(marked)).isTrue();
    assertThat(SwapTypes.isMigrationEntryDirty(marked)).isTrue();
    assertThat(SwapTypes.isMigrationEntryYoung(write)).isFalse();
    assertThat(SwapTypes.isMigrationEntryDirty(write)).isFalse();
    assertThat(SwapTypes.swpOffsetPfn(marked)).isEqualTo(0x1234);
  }

  @Test
  void trap_02_types_in_the_top_bits_are_unsigned() {
    long read = types.makeReadableMigrationEntry(7);
    assertThat(read).isNegative();
    assertThat(types.isMigrationEntry(read)).isTrue();
    assertThat(types.isReadableMigrationEntry(read)).isTrue();
    assertThat(types.isWritableMigrationEntry(read)).isFalse();
    assertThat(types.isReadableExclusiveMigrationEntry(read)).isFalse();
    assertThat(types.isSwapSlot(read)).isFalse();
    assertThat(types.isSwapSlot(SwapEntry.swpEntryRaw(27, 1))).isTrue();
    assertThat(types.isMigrationEntry(PteMarker.makePteMarker(PteMarker.GUARD))).isFalse();
    assertThat(types.isSwapSlot(PteMarker.makePteMarker(PteMarker.GUARD))).isFalse();
  }

  @Test
  void none_and_present_words_are_neither_slots_nor_on_their_way() {
    for (long word : new long[] {0, 0x8000_0000_0123_4067L, 0xf000_0000_0123_4001L}) {
      assertThat(types.isSwapSlot(word)).isFalse();
      assertThat(types.isMigrationEntry(word)).isFalse();
    }
  }

  @Test
  void with_memory_failure_and_device_memory_the_numbers_move() {
    SwapTypes distro = new SwapTypes(24, 25);
    assertThat(distro.isSwapSlot(SwapEntry.swpEntryRaw(24, 1))).isFalse();
    assertThat(distro.isMigrationEntry(SwapEntry.swpEntryRaw(24, 1))).isFalse();
    assertThat(distro.isWritableMigrationEntry(SwapEntry.swpEntryRaw(27, 1))).isTrue();
    assertThat(types.isSwapSlot(SwapEntry.swpEntryRaw(27, 1))).isTrue();
  }

  @Test
  void flags_of_a_swap_word_leave_type_and_offset_alone() {
    long entry = SwapEntry.swpEntryRaw(0, 1);
    assertThat(entry).isEqualTo(0x07ff_ffff_ffff_fc00L);
    long word = SwapEntry.pteSwpMkuffdWp(SwapEntry.pteSwpMkexclusive(entry));
    assertThat(word).isEqualTo(entry | 0xc);
    assertThat(SwapEntry.pteSwpExclusive(word)).isTrue();
    assertThat(SwapEntry.pteSwpUffdWp(word)).isTrue();
    assertThat(SwapEntry.pteToSwpEntry(word)).isEqualTo(entry);
    assertThat(SwapEntry.pteSwpClearExclusive(word)).isEqualTo(entry | 4);
  }
}
