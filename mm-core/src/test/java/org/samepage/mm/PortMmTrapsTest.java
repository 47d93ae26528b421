// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.pgtable.PgProt;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.vma.VmFlags;

/**
 * Where a port goes wrong first, as far as words and pure functions show it; the others are in the
 * test of this name beside the machine. The words are those of x86-64.
 */
final class PortMmTrapsTest {
  private static final long PFN = 0x1234;
  private static final long FIELD = PFN << 12;

  @Test
  void trap_01_the_dirty_bit_of_a_write_protected_entry_is_bit_58() {
    long written = 0x8000_0000_0000_0067L | FIELD;
    long read = 0x8400_0000_0000_0025L | FIELD;
    assertThat(Pte.pteWrprotect(written)).isEqualTo(read);
    assertThat(Pte.pteDirty(read)).isTrue();
    assertThat(Pte.pteWrite(read)).as("no shadow stack").isFalse();
    assertThat(Pte.pteMkwriteNovma(read)).isEqualTo(written);
    assertThat(Pte.pteMkdirty(0x8000_0000_0000_0025L | FIELD)).isEqualTo(read);
    assertThat(Pte.pteMkclean(read)).isEqualTo(0x8000_0000_0000_0025L | FIELD);
    long none = Pte.pteModify(written, PgProt.vmGetPageProt(0));
    assertThat(Pte.pteDirty(none)).isTrue();
    assertThat(none & (Pte.DIRTY | Pte.SAVED_DIRTY)).isEqualTo(Pte.SAVED_DIRTY);
  }

  @Test
  void trap_02_the_offset_of_a_swap_word_is_inverted_and_its_type_is_on_top() {
    assertThat(SwapEntry.swpEntryRaw(31, 4)).isEqualTo(0xffff_ffff_ffff_f600L);
    assertThat(SwapEntry.swpEntryRaw(31, 1)).isEqualTo(0xffff_ffff_ffff_fc00L);
    assertThat(SwapEntry.swpEntryRaw(31, 2)).isEqualTo(0xffff_ffff_ffff_fa00L);
    assertThat(SwapEntry.swpEntryRaw(0, 1)).isEqualTo(0x07ff_ffff_ffff_fc00L);
    assertThat(SwapEntry.swpEntryRaw(28, PFN)).isEqualTo(0xe7ff_ffff_ffdb_9600L);
    assertThat(SwapEntry.swpEntryRaw(29, PFN)).isEqualTo(0xefff_ffff_ffdb_9600L);
    assertThat(SwapEntry.swpEntryRaw(30, PFN)).isEqualTo(0xf7ff_ffff_ffdb_9600L);
    long youngAndDirty = 3L << 34;
    assertThat(SwapEntry.swpEntryRaw(30, PFN | youngAndDirty)).isEqualTo(0xf7ff_e7ff_ffdb_9600L);
    assertThat(SwapEntry.swpTypeRaw(0xffff_ffff_ffff_f600L)).as("not -1").isEqualTo(31);
    assertThat(SwapEntry.swpOffsetRaw(0xffff_ffff_ffff_f600L)).isEqualTo(4);
    assertThat(SwapEntry.swpOffsetRaw(0x07ff_ffff_ffff_fc00L)).isEqualTo(1);
  }

  @Test
  void trap_03_a_guard_given_to_vm_normal_page_is_a_bad_page_map_and_no_page() {
    try (TestMemory memory = new TestMemory()) {
      var vma = memory.map(memory.mm(), 0x1000, 1, TestMemory.RW);
      long guard = PteMarker.makePteMarker(PteMarker.GUARD);
      NormalPage normalPage = memory.normalPage;
      assertThat(Pte.ptePresent(guard)).isFalse();
      assertThat(normalPage.vmNormalPage(vma, 0x1000, guard)).isEqualTo(Frames.NO_PAGE);
      assertThat(memory.log.reports())
          .singleElement()
          .satisfies(report -> assertThat(report.text()).contains("pte:fffffffffffff600"));
    }
  }

  @Test
  void trap_23_a_huge_entry_that_is_being_split_is_present_by_its_size_bit_alone() {
    long pmd = 0x8000_0000_0020_00e7L;
    assertThat(Pmd.pmdPresent(pmd)).isTrue();
    long invalidated = pmd & ~(Pte.PRESENT | Pte.PROTNONE);
    assertThat(Pmd.pmdPresent(invalidated)).isTrue();
    assertThat(Pmd.pmdLeaf(invalidated)).isTrue();
    assertThat(Pmd.pmdPresent(invalidated & ~Pte.PSE)).isFalse();
    assertThat(Pte.ptePresent(invalidated)).as("unlike an entry of the lowest level").isFalse();
  }

  @Test
  void a_page_made_inaccessible_reads_back_the_frame_behind_inverted_bits() {
    long none = Pte.pteModify(0x8000_0000_0000_0067L | FIELD, PgProt.vmGetPageProt(0));
    assertThat(none & Pte.PFN_MASK).isEqualTo(~FIELD & Pte.PFN_MASK);
    assertThat(none & Pte.PRESENT).isZero();
    assertThat(none & Pte.PROTNONE).isEqualTo(0x100);
    assertThat(Pte.ptePfn(none)).isEqualTo(PFN);
    long back = Pte.pteModify(none, PgProt.vmGetPageProt(VmFlags.VM_READ | VmFlags.VM_WRITE));
    assertThat(back).isEqualTo(0x8400_0000_0000_0025L | FIELD);
  }
}
