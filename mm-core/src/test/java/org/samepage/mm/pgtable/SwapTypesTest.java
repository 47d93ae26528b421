// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.pgtable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Words of entries that are not present, for a kernel with and without the options. */
final class SwapTypesTest {
  private static final long PFN = 0x1234;
  private final SwapTypes reference = new SwapTypes(KernelOptions.REFERENCE);
  private final SwapTypes distribution = new SwapTypes(new KernelOptions(true, true, true, false));
  private final SwapTypes la57 = new SwapTypes(new KernelOptions(false, false, false, true));

  @Test
  void the_reference_has_28_swap_files_and_migration_behind_them() {
    assertThat(reference.maxSwapfiles).isEqualTo(28);
    assertThat(reference.hwpoison).isEqualTo(SwapTypes.NONE);
    assertThat(reference.deviceWrite).isEqualTo(SwapTypes.NONE);
    assertThat(reference.makeReadableMigrationEntry(PFN)).isEqualTo(0xe7ff_ffff_ffdb_9600L);
    assertThat(reference.makeReadableExclusiveMigrationEntry(PFN))
        .isEqualTo(0xefff_ffff_ffdb_9600L);
    assertThat(reference.makeWritableMigrationEntry(PFN)).isEqualTo(0xf7ff_ffff_ffdb_9600L);
    assertThatThrownBy(() -> reference.makeHwpoisonEntry(PFN))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void broken_pages_and_device_memory_take_types_from_the_swap_files() {
    assertThat(distribution.maxSwapfiles).isEqualTo(24);
    assertThat(distribution.makeHwpoisonEntry(PFN)).isEqualTo(0xc7ff_ffff_ffdb_9600L);
    assertThat(distribution.makeReadableMigrationEntry(PFN)).isEqualTo(0xcfff_ffff_ffdb_9600L);
    assertThat(distribution.makeWritableMigrationEntry(PFN)).isEqualTo(0xdfff_ffff_ffdb_9600L);
    assertThat(distribution.deviceWrite).isEqualTo(28);
    assertThat(distribution.isDevicePrivateEntry(SwapEntry.swpEntryRaw(29, PFN))).isTrue();
    assertThat(distribution.isDevicePrivateEntry(SwapEntry.swpEntryRaw(30, PFN)))
        .as("exclusive: not private")
        .isFalse();
  }

  @Test
  void each_option_alone_moves_what_is_above_it() {
    SwapTypes poison = new SwapTypes(new KernelOptions(false, true, false, false));
    SwapTypes device = new SwapTypes(new KernelOptions(false, false, true, false));
    assertThat(poison.maxSwapfiles).isEqualTo(27);
    assertThat(poison.hwpoison).isEqualTo(27);
    assertThat(poison.migrationRead).isEqualTo(28);
    assertThat(device.maxSwapfiles).isEqualTo(25);
    assertThat(device.migrationRead).isEqualTo(25);
    assertThat(device.deviceWrite).isEqualTo(28);
  }

  @Test
  void the_same_word_is_a_migration_entry_on_one_kernel_and_none_on_the_other() {
    long write = reference.makeWritableMigrationEntry(PFN);
    assertThat(reference.isWritableMigrationEntry(write)).isTrue();
    assertThat(distribution.isMigrationEntry(write)).isFalse();
    long slot = SwapEntry.swpEntryRaw(26, 5);
    assertThat(reference.nonSwapEntry(slot)).isFalse();
    assertThat(distribution.nonSwapEntry(slot)).isTrue();
    assertThat(distribution.isReadableExclusiveMigrationEntry(slot)).isTrue();
    long marker = PteMarker.makePteMarker(PteMarker.GUARD);
    assertThat(reference.nonSwapEntry(marker)).isTrue();
    assertThat(reference.isMigrationEntry(marker)).isFalse();
    assertThat(reference.isPfnSwapEntry(marker)).isFalse();
    assertThat(reference.isHwpoisonEntry(marker)).isFalse();
  }

  @Test
  void young_and_dirty_stand_above_a_pfn_of_34_bits() {
    long entry = reference.makeWritableMigrationEntry(PFN);
    assertThat(reference.isMigrationEntryYoung(entry)).isFalse();
    entry = reference.makeMigrationEntryYoung(entry);
    assertThat(reference.isMigrationEntryDirty(entry)).isFalse();
    entry = reference.makeMigrationEntryDirty(entry);
    assertThat(entry).isEqualTo(0xf7ff_e7ff_ffdb_9600L);
    assertThat(reference.isMigrationEntryYoung(entry)).isTrue();
    assertThat(reference.isMigrationEntryDirty(entry)).isTrue();
    assertThat(reference.swpOffsetPfn(entry)).isEqualTo(PFN);
  }

  @Test
  void with_la57_the_pfn_has_40_bits_and_they_stand_above_those() {
    assertThat(la57.pfnBits).isEqualTo(40);
    long entry = la57.makeMigrationEntryYoung(la57.makeWritableMigrationEntry(PFN));
    assertThat(entry).isEqualTo(0xf7fd_ffff_ffdb_9600L);
    assertThat(la57.makeMigrationEntryDirty(entry)).isEqualTo(0xf7f9_ffff_ffdb_9600L);
    assertThat(la57.swpOffsetPfn(entry)).isEqualTo(PFN);
    long high = 1L << 39;
    assertThat(la57.swpOffsetPfn(la57.makeReadableMigrationEntry(high))).isEqualTo(high);
    assertThat(reference.swpOffsetPfn(la57.makeReadableMigrationEntry(high))).isZero();
  }

  @Test
  void trap_02_types_in_the_top_bits_are_unsigned() {
    long read = reference.makeReadableMigrationEntry(7);
    assertThat(read).isNegative();
    assertThat(reference.isMigrationEntry(read)).isTrue();
    assertThat(reference.isReadableMigrationEntry(read)).isTrue();
    assertThat(reference.isWritableMigrationEntry(read)).isFalse();
    assertThat(reference.isReadableExclusiveMigrationEntry(read)).isFalse();
    assertThat(reference.isSwapSlot(read)).isFalse();
    assertThat(reference.isSwapSlot(SwapEntry.swpEntryRaw(27, 1))).isTrue();
    assertThat(reference.isMigrationEntry(PteMarker.makePteMarker(PteMarker.GUARD))).isFalse();
    assertThat(reference.isSwapSlot(PteMarker.makePteMarker(PteMarker.GUARD))).isFalse();
  }

  @Test
  void none_and_present_words_are_neither_slots_nor_on_their_way() {
    for (long word : new long[] {0, 0x8000_0000_0123_4067L, 0xf000_0000_0123_4001L}) {
      assertThat(reference.isSwapSlot(word)).isFalse();
      assertThat(reference.isMigrationEntry(word)).isFalse();
    }
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
