// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.mmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.mmap.VmaBed.FLAGS;
import static org.samepage.mm.units.PageUnits.pagesToBytes;
import static org.samepage.mm.vma.VmFlags.VM_DONTCOPY;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.VmArea;

/** VT-12: where memory is short no VMA has changed, and what was linked is cut off again. */
@PortedFrom(
    value = "tools/testing/vma/tests/merge.c:test_vmi_prealloc_fail",
    fidelity = Fidelity.ADAPTED,
    differs = "fails the links and the VMAs too; real anon_vmas")
final class VmaNoMemoryTest {
  private final VmaBed bed = new VmaBed();

  @AfterEach
  void close() {
    bed.close();
  }

  private void fail(Alloc what, int n) {
    bed.memory.sched.failSlab.follow(FailSlab.nth(what, n));
  }

  @ParameterizedTest
  @EnumSource(names = {"VMA_TREE", "ANON_VMA_CHAIN"})
  void VT_12_vmi_prealloc_fail_of_a_merge_undoes_the_link_to_the_anon_vma(Alloc what) {
    VmArea prev = bed.map(0, 3);
    VmArea vma = bed.map(3, 5);
    AnonVma anonVma = bed.fault(vma);
    fail(what, 1);
    VmaMergeState vmg = bed.part(vma, 3, 5);
    assertThat(bed.merge.vmaMergeExistingRange(vmg)).isNull();
    assertThat(vmg.result).isEqualTo(VmaMergeState.Result.NOMEM);
    assertThat(bed.layout()).containsExactly("0-3", "3-5");
    assertThat(prev.anonVma).isNull();
    assertThat(prev.newestChain()).isNull();
    assertThat(anonVma.numActiveVmas).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"VMA_TREE", "ANON_VMA_CHAIN"})
  void VT_12_vmi_prealloc_fail_of_an_expansion_undoes_it_too(Alloc what) {
    VmArea prev = bed.map(0, 3);
    VmArea next = bed.map(3, 5);
    AnonVma anonVma = bed.fault(next);
    fail(what, 1);
    VmaMergeState vmg = bed.range(0, 5);
    vmg.target = prev;
    vmg.next = next;
    assertThat(bed.merge.vmaExpand(vmg)).isEqualTo(-Errno.ENOMEM);
    assertThat(vmg.result).isEqualTo(VmaMergeState.Result.NOMEM);
    assertThat(bed.layout()).containsExactly("0-3", "3-5");
    assertThat(prev.anonVma).isNull();
    assertThat(prev.newestChain()).isNull();
    assertThat(anonVma.numActiveVmas).isEqualTo(1);
  }

  @Test
  void VT_12_vmi_prealloc_fail_leaves_a_target_that_was_linked_before_as_it_was() {
    VmArea prev = bed.map(0, 3);
    AnonVma anonVma = bed.fault(prev);
    VmArea vma = bed.map(3, 5);
    bed.share(vma, prev);
    fail(Alloc.VMA_TREE, 1);
    assertThat(bed.merge.vmaMergeExistingRange(bed.part(vma, 3, 5))).isNull();
    assertThat(prev.anonVma).isSameAs(anonVma);
    assertThat(anonVma.numActiveVmas).isEqualTo(2);
    assertThat(bed.layout()).containsExactly("0-3", "3-5");
  }

  @Test
  void a_change_of_flags_that_cannot_be_merged_for_want_of_memory_is_not_split_instead() {
    bed.map(0, 3, FLAGS | VM_DONTCOPY);
    VmArea vma = bed.map(3, 6);
    fail(Alloc.VMA_TREE, 1);
    assertThat(
            bed.modify.vmaModifyFlags(vma, pagesToBytes(3), pagesToBytes(4), FLAGS | VM_DONTCOPY))
        .isNull();
    assertThat(bed.layout()).containsExactly("0-3", "3-6");
  }

  @ParameterizedTest
  @EnumSource(names = {"VM_AREA", "VMA_TREE", "ANON_VMA_CHAIN"})
  void a_split_without_memory_changes_nothing_and_the_second_of_two_leaves_the_first(Alloc what) {
    VmArea vma = bed.map(0, 9);
    AnonVma anonVma = bed.fault(vma);
    long from = pagesToBytes(3);
    long to = pagesToBytes(6);
    fail(what, 1);
    assertThat(bed.modify.vmaModifyFlags(vma, from, to, FLAGS | VM_DONTCOPY)).isNull();
    assertThat(bed.layout()).containsExactly("0-9");
    assertThat(anonVma.numActiveVmas).isEqualTo(1);
    fail(what, 2);
    assertThat(bed.modify.vmaModifyFlags(vma, from, to, FLAGS | VM_DONTCOPY)).isNull();
    assertThat(bed.layout()).containsExactly("0-3", "3-9");
  }

  @ParameterizedTest
  @EnumSource(names = {"VM_AREA", "VMA_TREE", "ANON_VMA_CHAIN"})
  void a_copy_without_memory_leaves_the_source_alone(Alloc what) {
    VmArea vma = bed.map(0, 3);
    AnonVma anonVma = bed.fault(vma);
    fail(what, 1);
    assertThat(bed.copy.copyVma(vma, pagesToBytes(20), pagesToBytes(3), 0)).isNull();
    assertThat(bed.layout()).containsExactly("0-3");
    assertThat(anonVma.numActiveVmas).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"ANON_VMA", "ANON_VMA_CHAIN"})
  void a_first_fault_without_memory_leaves_no_anon_vma(Alloc what) {
    VmArea vma = bed.map(0, 3);
    fail(what, 1);
    assertThat(bed.anonVmas.anonVmaPrepare(vma)).isEqualTo(-Errno.ENOMEM);
    assertThat(vma.anonVma).isNull();
    assertThat(bed.anonVmas.alive()).isZero();
    bed.fault(vma);
    assertThat(bed.layout()).containsExactly("0-3");
  }

  @Test
  void a_shrink_without_memory_does_not_shrink() {
    VmArea vma = bed.map(0, 3);
    fail(Alloc.VMA_TREE, 1);
    assertThat(bed.commit.vmaShrink(vma, 0, 0x1000, 0)).isEqualTo(-Errno.ENOMEM);
    assertThat(bed.layout()).containsExactly("0-3");
  }
}
