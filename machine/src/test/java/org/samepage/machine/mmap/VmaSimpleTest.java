// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.mmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.mmap.VmaBed.FLAGS;
import static org.samepage.mm.units.PageUnits.pagesToBytes;

import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/**
 * The simple cases of the kernel's own tests of its VMA code, and those of growing and copying:
 * VT-01 to 04, 13, 14, 16. What they ask of per-VMA locks has no counterpart here.
 */
@PortedFrom(
    value = "tools/testing/vma/tests/merge.c:test_simple_merge",
    fidelity = Fidelity.ADAPTED,
    differs = "no vma_start_write; real anon_vmas")
final class VmaSimpleTest {
  private final VmaBed bed = new VmaBed();

  @AfterEach
  void close() {
    bed.close();
  }

  @Test
  void VT_01_simple_merge_a_gap_between_two_of_a_kind_makes_them_one() {
    VmArea left = bed.map(0, 1);
    bed.map(2, 3);
    VmaMergeState vmg = bed.range(1, 2);
    assertThat(bed.merge.vmaMergeNewRange(vmg)).isSameAs(left);
    assertThat(vmg.result).isEqualTo(VmaMergeState.Result.SUCCESS);
    assertThat(bed.layout()).containsExactly("0-3");
    assertThat(left.vmFlags).isEqualTo(FLAGS);
  }

  @Test
  void VT_02_simple_modify_the_part_asked_for_stays_the_object_that_was_given() {
    VmArea vma = bed.map(0, 3);
    VmArea part = bed.modify.vmaModifyFlags(vma, pagesToBytes(1), pagesToBytes(2), FLAGS);
    assertThat(part).isSameAs(vma);
    assertThat(bed.layout()).as("the flags are the caller's to set").hasSize(3);
    assertThat(bed.layout()).containsExactly("0-1", "1-2", "2-3");
    assertThat(vma.vmStart).isEqualTo(0x1000);
    assertThat(vma.vmPgoff).isEqualTo(1);
  }

  @Test
  void VT_02_simple_modify_of_a_faulted_vma_links_all_three_to_its_anon_vma() {
    VmArea vma = bed.map(0, 3);
    bed.fault(vma);
    assertThat(bed.modify.vmaModifyFlags(vma, pagesToBytes(1), pagesToBytes(2), FLAGS)).isNotNull();
    assertThat(bed.layout()).containsExactly("0-1", "1-2", "2-3");
    assertThat(bed.fault(vma).numActiveVmas).isEqualTo(3);
  }

  @Test
  void VT_03_simple_expand_lets_a_vma_reach_further() {
    VmArea vma = bed.map(0, 1);
    VmaMergeState vmg = bed.range(0, 3, 0);
    vmg.next = null;
    vmg.target = vma;
    assertThat(bed.merge.vmaExpand(vmg)).isZero();
    assertThat(bed.layout()).containsExactly("0-3");
  }

  @Test
  void VT_04_simple_shrink_cuts_a_vma_short_at_either_end() {
    VmArea vma = bed.map(0, 3);
    assertThat(bed.commit.vmaShrink(vma, 0, 0x2000, 0)).isZero();
    assertThat(bed.layout()).containsExactly("0-2");
    bed.fault(vma);
    assertThat(bed.commit.vmaShrink(vma, 0x1000, 0x2000, 1)).isZero();
    assertThat(bed.layout()).containsExactly("1-2");
  }

  @Test
  void VT_13_merge_extend_up_to_the_next_swallows_it() {
    VmArea vma = bed.map(0, 1);
    bed.map(3, 4);
    assertThat(bed.merge.vmaMergeExtend(vma, 0x2000)).isSameAs(vma);
    assertThat(bed.layout()).containsExactly("0-4");
  }

  @Test
  void VT_14_expand_only_mode_asks_neither_what_is_before_nor_what_is_behind() {
    bed.map(0, 2);
    VmArea prev = bed.map(3, 5);
    bed.map(9, 10);
    VmaMergeState vmg = bed.range(5, 9);
    vmg.justExpand = true;
    assertThat(bed.merge.vmaMergeNewRange(vmg)).isSameAs(prev);
    assertThat(vmg.result).isEqualTo(VmaMergeState.Result.SUCCESS);
    assertThat(bed.layout()).containsExactly("0-2", "3-9", "9-10");
  }

  private CopyVma.Copy copy(VmArea vma, long to, long pages, long pgoff) {
    return Objects.requireNonNull(
        bed.copy.copyVma(vma, pagesToBytes(to), pagesToBytes(pages), pgoff));
  }

  @Test
  void VT_16_copy_vma_to_a_lone_place_makes_a_vma() {
    VmArea vma = bed.map(3, 5);
    CopyVma.Copy copy = copy(vma, 0, 2, 3);
    assertThat(copy.fresh()).isNotSameAs(vma);
    assertThat(copy.source()).isSameAs(vma);
    assertThat(bed.layout()).as("never faulted: a new offset").containsExactly("0-2", "3-5");
  }

  @Test
  void VT_16_copy_vma_of_faulted_memory_keeps_its_offset_and_its_anon_vma() {
    VmArea vma = bed.map(3, 5);
    bed.fault(vma);
    CopyVma.Copy copy = copy(vma, 0, 2, 3);
    assertThat(copy.fresh().anonVma).isSameAs(vma.anonVma);
    assertThat(bed.layout()).containsExactly("0-2@3", "3-5");
  }

  @Test
  void VT_16_copy_vma_beside_one_of_its_kind_joins_it() {
    VmArea vma = bed.map(0, 2);
    VmArea next = bed.map(6, 8);
    assertThat(copy(vma, 4, 2, 0).fresh()).as("the one behind").isSameAs(next);
    assertThat(bed.layout()).containsExactly("0-2", "4-8");
    VmArea prev = bed.map(20, 22);
    assertThat(copy(vma, 22, 2, 0).fresh()).as("the one before").isSameAs(prev);
    assertThat(bed.layout()).containsExactly("0-2", "4-8", "20-24");
  }

  @Test
  void VT_16_copy_vma_of_never_faulted_memory_to_its_own_end_is_the_source_too() {
    VmArea vma = bed.map(3, 5);
    CopyVma.Copy copy = copy(vma, 5, 2, 3);
    assertThat(copy.fresh()).as("forwards").isSameAs(vma);
    assertThat(copy.source()).isSameAs(vma);
    assertThat(bed.layout()).containsExactly("3-7");
    copy = copy(vma, 1, 2, 3);
    assertThat(copy.fresh()).as("backwards").isSameAs(vma);
    assertThat(copy.source()).isSameAs(vma);
    assertThat(bed.layout()).containsExactly("1-7");
  }

  @Test
  void VT_16_copy_vma_of_faulted_memory_does_not_join_itself() {
    VmArea vma = bed.map(3, 5);
    bed.fault(vma);
    assertThat(copy(vma, 5, 2, 3).fresh()).isNotSameAs(vma);
    assertThat(bed.layout()).containsExactly("3-5", "5-7@3");
  }

  @Test
  void VT_16_copy_vma_of_faulted_memory_gives_an_unfaulted_neighbour_its_anon_vma() {
    VmArea vma = bed.map(3, 5);
    bed.fault(vma);
    VmArea prev = bed.map(20, 23);
    prev.vmPgoff = 0; // so that what is moved behind it follows on
    assertThat(copy(vma, 23, 2, 3).fresh()).isSameAs(prev);
    assertThat(prev.anonVma).isSameAs(vma.anonVma);
    assertThat(bed.layout()).containsExactly("3-5", "20-25@0");
  }
}
