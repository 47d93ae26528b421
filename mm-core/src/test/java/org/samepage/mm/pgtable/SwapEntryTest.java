// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.pgtable;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class SwapEntryTest {
  @Test
  void markers_are_the_words_that_kernels_report() {
    assertThat(PteMarker.makePteMarker(PteMarker.GUARD)).isEqualTo(0xffff_ffff_ffff_f600L);
    assertThat(PteMarker.makePteMarker(PteMarker.UFFD_WP)).isEqualTo(0xffff_ffff_ffff_fc00L);
    assertThat(PteMarker.makePteMarker(PteMarker.POISONED)).isEqualTo(0xffff_ffff_ffff_fa00L);
  }

  @Test
  void the_first_swap_slot_of_the_first_file() {
    assertThat(SwapEntry.swpEntryRaw(0, 1)).isEqualTo(0x07ff_ffff_ffff_fc00L);
  }

  @Test
  void migration_entries_of_a_frame() {
    assertThat(SwapEntry.swpEntryRaw(28, 0x1234)).as("read").isEqualTo(0xe7ff_ffff_ffdb_9600L);
    assertThat(SwapEntry.swpEntryRaw(29, 0x1234))
        .as("read, exclusive")
        .isEqualTo(0xefff_ffff_ffdb_9600L);
    assertThat(SwapEntry.swpEntryRaw(30, 0x1234)).as("write").isEqualTo(0xf7ff_ffff_ffdb_9600L);
  }

  @Test
  void a_word_gives_back_what_it_was_made_of() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 10_000; i++) {
      int type = random.nextInt(32);
      long offset = random.nextLong(1L << 50);
      long word = SwapEntry.swpEntryRaw(type, offset);
      assertThat(SwapEntry.swpTypeRaw(word)).isEqualTo(type);
      assertThat(SwapEntry.swpOffsetRaw(word)).isEqualTo(offset);
      assertThat(Pte.ptePresent(word)).isFalse();
    }
  }

  @Test
  void a_guard_marker_looks_special_to_whoever_does_not_ask_whether_it_is_present() {
    long guard = PteMarker.makePteMarker(PteMarker.GUARD);
    assertThat(PteMarker.isPteMarker(guard)).isTrue();
    assertThat(Pte.pteSpecial(guard)).isTrue();
    assertThat(PteMarker.isPteMarker(0)).isFalse();
    assertThat(PteMarker.isPteMarker(Pte.PRESENT)).isFalse();
  }
}
