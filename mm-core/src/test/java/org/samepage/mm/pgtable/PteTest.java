// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.pgtable;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.samepage.mm.vma.VmFlags;

/** The words are those that a real x86-64 kernel has in its tables. */
final class PteTest {
  private static final long RW =
      PgProt.vmGetPageProt(VmFlags.VM_READ | VmFlags.VM_WRITE | VmFlags.VM_MAYWRITE);
  private static final long PFN = 0x1234;
  private static final long FIELD = 0x1234000;

  @Test
  void a_page_after_a_write_fault() {
    assertThat(Pte.pteMkwriteNovma(Pte.pteMkdirty(Pte.pfnPte(PFN, RW))))
        .isEqualTo(0x8000_0000_0000_0067L | FIELD);
  }

  @Test
  void write_protecting_a_dirty_page_moves_its_dirty_bit_to_58() {
    long dirty = Pte.pteMkwriteNovma(Pte.pteMkdirty(Pte.pfnPte(PFN, RW)));
    long protectedNow = Pte.pteWrprotect(dirty);
    assertThat(protectedNow).isEqualTo(0x8400_0000_0000_0025L | FIELD);
    assertThat(Pte.pteDirty(protectedNow)).isTrue();
    assertThat(Pte.pteWrite(protectedNow)).isFalse();
    assertThat(Pte.pteMkwriteNovma(protectedNow)).as("and back").isEqualTo(dirty);
  }

  @Test
  void a_merged_page_is_clean_and_read_only() {
    assertThat(Pte.pfnPte(PFN, RW)).isEqualTo(0x8000_0000_0000_0025L | FIELD);
    long dirty = Pte.pteWrprotect(Pte.pteMkdirty(Pte.pteMkwriteNovma(Pte.pfnPte(PFN, RW))));
    assertThat(Pte.pteMkclean(dirty)).isEqualTo(0x8000_0000_0000_0025L | FIELD);
  }

  @Test
  void a_zero_page_that_ksmd_put_in_is_dirty_one_of_a_read_fault_is_not() {
    long read = Pte.pteMkspecial(Pte.pfnPte(PFN, RW));
    assertThat(read).isEqualTo(0x8000_0000_0000_0225L | FIELD);
    assertThat(Pte.pteMkdirty(read)).isEqualTo(0x8400_0000_0000_0225L | FIELD);
  }

  @Test
  void a_page_without_access_is_present_and_keeps_its_pfn_behind_inverted_bits() {
    long none = Pte.pfnPte(PFN, PgProt.vmGetPageProt(0));
    assertThat(none & 0xfff).isEqualTo(0x120);
    assertThat(none & Pte.PFN_MASK).isEqualTo(~FIELD & Pte.PFN_MASK);
    assertThat(Pte.ptePresent(none)).isTrue();
    assertThat(Pte.ptePfn(none)).isEqualTo(PFN);
  }

  @Test
  void an_empty_word_is_not_inverted() {
    assertThat(Pte.ptePfn(0)).isZero();
    assertThat(Pte.pteNone(0)).isTrue();
    assertThat(Pte.ptePresent(0)).isFalse();
  }

  @Test
  void protection_bits_follow_the_access_flags() {
    long r = VmFlags.VM_READ;
    long w = VmFlags.VM_WRITE;
    long x = VmFlags.VM_EXEC;
    long shared = VmFlags.VM_SHARED;
    long nx = Long.MIN_VALUE;
    assertThat(PgProt.vmGetPageProt(0)).isEqualTo(0x120);
    assertThat(PgProt.vmGetPageProt(r)).isEqualTo(0x25 | nx);
    assertThat(PgProt.vmGetPageProt(r | w)).as("private: no RW bit").isEqualTo(0x25 | nx);
    assertThat(PgProt.vmGetPageProt(r | x)).isEqualTo(0x25);
    assertThat(PgProt.vmGetPageProt(r | w | shared)).isEqualTo(0x27 | nx);
    assertThat(PgProt.vmGetPageProt(r | w | x | shared)).isEqualTo(0x27);
    assertThat(PgProt.vmGetPageProt(shared)).isEqualTo(0x120);
  }

  @Test
  void a_table_word_and_a_huge_one_are_told_apart() {
    long table = Pmd.tableWord(0x102c68);
    assertThat(table).isEqualTo(0x102c68067L);
    assertThat(Pmd.pmdPresent(table)).isTrue();
    assertThat(Pmd.pmdLeaf(table)).isFalse();
    assertThat(Pmd.pmdLeaf(Pte.PSE | Pte.PRESENT)).isTrue();
    assertThat(Pmd.pmdPresent(Pte.PSE)).as("while it is being split").isTrue();
  }
}
