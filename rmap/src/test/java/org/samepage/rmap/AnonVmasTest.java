// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

final class AnonVmasTest {
  private static final long BASE = 0x1000_0000_0000L;

  private final TestMemory memory = new TestMemory();
  private final AnonVmas anonVmas = new AnonVmas(memory.sched);
  private final Mm mm = memory.mm();

  @BeforeEach
  void lock() {
    mm.mmapLock.readLock();
  }

  @AfterEach
  void close() {
    memory.close();
  }

  private AnonVma prepare(VmArea vma) {
    assertThat(anonVmas.anonVmaPrepare(vma)).isZero();
    return Objects.requireNonNull(vma.anonVma);
  }

  @Test
  void the_first_fault_makes_a_root_that_is_its_own_child() {
    VmArea vma = memory.map(mm, BASE, 4, TestMemory.RW);
    AnonVma anonVma = prepare(vma);
    assertThat(anonVma.root).isSameAs(anonVma);
    assertThat(anonVma.parent).isSameAs(anonVma);
    assertThat(anonVma.numChildren).as("so that a fork never reuses it").isEqualTo(1);
    assertThat(anonVma.numActiveVmas).isEqualTo(1);
    assertThat(anonVma.refcount.get()).isEqualTo(1);
    assertThat(vma.chainIsSingular()).isTrue();
    assertThat(prepare(vma)).as("only once").isSameAs(anonVma);
    assertThat(anonVmas.alive()).isEqualTo(1);
  }

  @Test
  void neighbours_that_could_be_merged_share_one_whatever_their_access() {
    VmArea left = memory.map(mm, BASE, 4, TestMemory.RW);
    VmArea right = memory.map(mm, BASE + 0x4000, 4, TestMemory.RW & ~VmFlags.VM_WRITE);
    assertThat(prepare(right)).isSameAs(prepare(left));
    assertThat(prepare(left).numActiveVmas).isEqualTo(2);
  }

  @Test
  void the_next_neighbour_is_asked_before_the_previous_one() {
    VmArea left = memory.map(mm, BASE, 1, TestMemory.RW);
    VmArea right = memory.map(mm, BASE + 0x2000, 1, TestMemory.RW);
    prepare(left);
    AnonVma ofRight = prepare(right);
    VmArea middle = memory.map(mm, BASE + 0x1000, 1, TestMemory.RW);
    assertThat(prepare(middle)).isSameAs(ofRight);
  }

  @Test
  void a_gap_another_flag_or_another_offset_keeps_neighbours_apart() {
    AnonVma first = prepare(memory.map(mm, BASE, 1, TestMemory.RW));
    VmArea gap = memory.map(mm, BASE + 0x2000, 1, TestMemory.RW);
    assertThat(prepare(gap)).isNotSameAs(first);
    VmArea flag = memory.map(mm, BASE + 0x3000, 1, TestMemory.RW | VmFlags.VM_MERGEABLE);
    assertThat(prepare(flag)).isNotSameAs(prepare(gap));
    VmArea moved = new VmArea(mm, BASE + 0x4000, BASE + 0x5000, flag.vmFlags, 77);
    mm.vmas.insert(moved);
    assertThat(prepare(moved)).isNotSameAs(prepare(flag));
  }

  @Test
  void it_goes_with_the_last_vma_unless_somebody_else_holds_it() {
    VmArea left = memory.map(mm, BASE, 1, TestMemory.RW);
    VmArea right = memory.map(mm, BASE + 0x1000, 1, TestMemory.RW);
    AnonVma shared = prepare(left);
    prepare(right);
    anonVmas.getAnonVma(shared);
    anonVmas.unlinkAnonVmas(left);
    assertThat(left.anonVma).isNull();
    assertThat(shared.numActiveVmas).isEqualTo(1);
    assertThat(shared.rbRoot.isEmpty()).isFalse();
    anonVmas.unlinkAnonVmas(right);
    assertThat(shared.rbRoot.isEmpty()).isTrue();
    assertThat(anonVmas.alive()).as("a KSM item still holds it").isEqualTo(1);
    anonVmas.putAnonVma(shared);
    assertThat(anonVmas.alive()).isZero();
    assertThatThrownBy(() -> anonVmas.putAnonVma(shared)).hasMessageContaining("once too often");
  }
}
