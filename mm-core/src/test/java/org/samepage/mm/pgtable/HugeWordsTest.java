// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.pgtable;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.testing.TestMemory;

/** The words of the upper levels. Expected words are put together from the bits of the manual. */
final class HugeWordsTest {
  private static final SwapTypes TYPES = SwapTypes.REFERENCE;

  /** A huge page at pfn 0x1200 that can be written: NX, dirty, accessed, user, writable. */
  private static final long HUGE = 0x8000_0000_0120_00e7L;

  @Test
  void a_huge_word_is_the_pfn_the_protection_and_pse() {
    long prot = HUGE & ~Pmd.PFN_MASK & ~Pte.PSE;
    assertThat(Pmd.pmdMkhuge(Pmd.pfnPmd(0x1200, prot))).isEqualTo(HUGE);
    assertThat(Pmd.pmdPfn(HUGE)).isEqualTo(0x1200);
    assertThat(Pmd.pmdPfn(HUGE | 1 << 12)).as("PAT is no pfn bit").isEqualTo(0x1200);
    assertThat(Pmd.pmdLeaf(HUGE)).isTrue();
    assertThat(Pmd.pmdTransHuge(HUGE)).isTrue();
    assertThat(Pmd.pmdPresent(HUGE)).isTrue();
    assertThat(Pmd.isSwapPmd(HUGE)).isFalse();
    assertThat(Pmd.pmdSpecial(HUGE)).isFalse();
    assertThat(Pmd.pmdMkspecial(HUGE)).isEqualTo(HUGE | 0x200);
    assertThat(Pmd.pmdSpecial(HUGE | 0x200)).isTrue();
  }

  @Test
  void a_word_that_points_to_a_table_is_no_leaf_and_keeps_all_bits_of_its_pfn() {
    long table = Pmd.tableWord(0x1234);
    assertThat(table).isEqualTo(0x123_4067L);
    assertThat(Pmd.pmdPfn(table)).isEqualTo(0x1234);
    assertThat(Pud.pudPfn(table)).isEqualTo(0x1234);
    assertThat(Pmd.pmdLeaf(table)).isFalse();
    assertThat(Pmd.pmdTransHuge(table)).isFalse();
    assertThat(Pmd.pmdPresent(table)).isTrue();
    assertThat(P4d.p4dBad(table)).isFalse();
  }

  @Test
  void trap_23_a_huge_word_that_is_being_split_is_not_present_to_the_processor_but_to_the_kernel() {
    long invalid = Pmd.pmdMkinvalid(HUGE);
    assertThat(invalid)
        .as("neither PRESENT nor PROTNONE; the pfn inverted")
        .isEqualTo(0x800f_ffff_fec0_00e6L);
    assertThat(Pmd.pmdPresent(invalid)).isTrue();
    assertThat(Pmd.pmdPresent(invalid & ~Pte.PSE)).as("PSE is what tells").isFalse();
    assertThat(Pmd.pmdTransHuge(invalid)).isTrue();
    assertThat(Pmd.isSwapPmd(invalid)).isFalse();
    assertThat(Pmd.pmdPfn(invalid)).isEqualTo(0x1200);
    assertThat(Pmd.isPmdMigrationEntry(invalid, TYPES)).isFalse();
  }

  @Test
  void a_huge_page_without_access_is_present_and_its_pfn_is_inverted() {
    long none = Pmd.pmdMkhuge(Pmd.pfnPmd(0x1200, 0x120));
    assertThat(none).isEqualTo(0x000f_ffff_fec0_01a0L);
    assertThat(Pmd.pmdPresent(none)).isTrue();
    assertThat(Pmd.pmdPfn(none)).isEqualTo(0x1200);
    assertThat(Pmd.pmdMkinvalid(none)).as("PROTNONE goes too").isEqualTo(0x000f_ffff_fec0_00a0L);
  }

  @Test
  void a_huge_page_that_is_being_moved_has_the_word_of_a_small_one() {
    long read = TYPES.makeReadableMigrationEntry(0x1234);
    assertThat(read).isEqualTo(0xe7ff_ffff_ffdb_9600L);
    assertThat(Pmd.isPmdMigrationEntry(read, TYPES)).isTrue();
    assertThat(Pmd.isSwapPmd(read)).isTrue();
    assertThat(Pmd.pmdPresent(read)).isFalse();
    assertThat(TYPES.swpOffsetPfn(read)).isEqualTo(0x1234);
    assertThat(Pmd.isPmdMigrationEntry(read | Pte.PSE, TYPES)).as("PSE is present").isFalse();
    assertThat(Pmd.isPmdMigrationEntry(SwapEntry.swpEntryRaw(0, 9), TYPES)).isFalse();
    assertThat(Pmd.isPmdMigrationEntry(0, TYPES)).isFalse();
    assertThat(Pmd.isSwapPmd(0)).isFalse();
  }

  @Test
  void the_words_of_1_gib_pages_are_present_by_their_present_bit_alone() {
    long huge = Pud.pudMkhuge(Pud.pfnPud(0x40000, 0x8000_0000_0000_0067L));
    assertThat(huge).isEqualTo(0x8000_0000_4000_00e7L);
    assertThat(Pud.pudPfn(huge)).isEqualTo(0x40000);
    assertThat(Pud.pudLeaf(huge)).isTrue();
    assertThat(Pud.pudTransHuge(huge)).isTrue();
    assertThat(Pud.pudPresent(huge)).isTrue();
    assertThat(Pud.pudPresent(huge & ~Pte.PRESENT)).as("unlike a PMD").isFalse();
    assertThat(Pud.pudSpecial(huge)).isFalse();
    assertThat(Pud.pudSpecial(huge | 0x200)).isTrue();
    assertThat(Pud.pudNone(0)).isTrue();
    assertThat(Pud.pudNone(huge)).isFalse();
    assertThat(Pud.pudLeaf(Pmd.tableWord(3))).isFalse();
    assertThat(Pud.pudTransHuge(Pmd.tableWord(3))).isFalse();
    assertThat(Pud.pudPfn(Pud.pfnPud(0x40000, Pte.PSE | Pte.PROTNONE))).isEqualTo(0x40000);
  }

  @Test
  void a_top_entry_with_a_flag_that_no_table_has_is_cleared_and_reported() {
    KernelLog log = new KernelLog();
    try (TestMemory memory = new TestMemory()) {
      PageTable top = memory.mm().pgTables.pgd();
      assertThat(P4d.p4dNoneOrClearBad(top, 0, log)).isTrue();
      top.set(1, Pmd.tableWord(5) | Pte.NX);
      assertThat(P4d.p4dNoneOrClearBad(top, 1, log)).as("NX is fine").isFalse();
      assertThat(log.reports()).isEmpty();
      top.set(2, Pmd.tableWord(5) | Pte.PSE);
      assertThat(P4d.p4dNoneOrClearBad(top, 2, log)).isTrue();
      assertThat(top.get(2)).isZero();
      assertThat(log.reports()).singleElement().matches(r -> r.text().contains("00000000000050e7"));
    }
  }
}
