// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.sched.KernelLock;
import org.samepage.mm.sched.LockChecker;
import org.samepage.mm.sched.SeededSched;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.AnonVmaChain;
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

  /** A child's VMA, at the same place in a process of its own. */
  private VmArea fork(VmArea parent) {
    VmArea child = parent.vmAreaDup(memory.mm());
    assertThat(anonVmas.anonVmaFork(child, parent)).isZero();
    child.vmMm.vmas.insert(child);
    return child;
  }

  /** Whoever left it empty puts it; not who sees, a little later, that it is. */
  @Test
  void two_that_leave_at_once_put_what_they_share_once() {
    for (long seed = 1; seed <= 100; seed++) {
      SeededSched sched = new SeededSched(seed);
      AnonVmas shared = new AnonVmas(sched);
      VmArea parent = memory.map(memory.mm(), BASE, 1, TestMemory.RW);
      parent.vmMm.mmapLock.readLock();
      assertThat(shared.anonVmaPrepare(parent)).isZero();
      VmArea child = parent.vmAreaDup(memory.mm());
      assertThat(shared.anonVmaFork(child, parent)).isZero();
      sched.run(List.of(() -> shared.unlinkAnonVmas(parent), () -> shared.unlinkAnonVmas(child)));
      assertThat(shared.alive()).as("seed %d", seed).isZero();
      assertThat(parent.newestChain()).isNull();
      assertThat(child.newestChain()).isNull();
      parent.vmMm.mmapLock.readUnlock();
    }
  }

  private static List<AnonVma> chain(VmArea vma) {
    List<AnonVma> newestFirst = new ArrayList<>();
    for (AnonVmaChain avc = vma.newestChain(); avc != null; avc = avc.nextSameVma()) {
      newestFirst.add(avc.anonVma);
    }
    return newestFirst;
  }

  @Test
  void trap_12_a_child_has_its_parents_and_one_of_its_own_below_the_same_root() {
    VmArea vma = memory.map(mm, BASE, 4, TestMemory.RW);
    AnonVma root = prepare(vma);
    VmArea child = fork(vma);
    AnonVma own = Objects.requireNonNull(child.anonVma);
    assertThat(chain(child)).as("newest first").containsExactly(own, root);
    assertThat(own.root).isSameAs(root);
    assertThat(own.parent).isSameAs(root);
    assertThat(own.numActiveVmas).isEqualTo(1);
    assertThat(own.numChildren).isZero();
    assertThat(root.numChildren).as("itself and the child").isEqualTo(2);
    assertThat(root.numActiveVmas).isEqualTo(1);
    assertThat(root.refcount.get()).isEqualTo(2);
    assertThat(child.chainIsSingular()).isFalse();
    assertThat(root.rwsem.isLocked()).isFalse();
    VmArea grandchild = fork(child);
    assertThat(chain(grandchild)).containsExactly(grandchild.anonVma, own, root);
    assertThat(own.numChildren).isEqualTo(1);
    assertThat(Objects.requireNonNull(grandchild.anonVma).parent).isSameAs(own);
  }

  @Test
  void trap_12_one_without_vmas_and_with_at_most_one_child_is_taken_over_by_the_next_fork() {
    VmArea vma = memory.map(mm, BASE, 4, TestMemory.RW);
    AnonVma root = prepare(vma);
    VmArea child = fork(vma);
    AnonVma ofChild = Objects.requireNonNull(child.anonVma);
    VmArea grandchild = fork(child);
    anonVmas.unlinkAnonVmas(child);
    assertThat(ofChild.numActiveVmas).isZero();
    VmArea next = fork(grandchild);
    assertThat(next.anonVma).as("the dead child's").isSameAs(ofChild);
    assertThat(ofChild.numActiveVmas).isEqualTo(1);
    assertThat(chain(next)).as("no longer than its parent's").hasSize(3);
    VmArea another = fork(grandchild);
    assertThat(another.anonVma).isNotSameAs(ofChild);
    assertThat(chain(another)).hasSize(4);
    anonVmas.unlinkAnonVmas(vma);
    assertThat(root.numActiveVmas).isZero();
    assertThat(fork(another).anonVma)
        .as("a root counts itself as a child: nobody takes it over while it has another")
        .isNotSameAs(root);
  }

  @Test
  void all_of_a_family_goes_when_the_last_of_it_goes() {
    VmArea vma = memory.map(mm, BASE, 4, TestMemory.RW);
    AnonVma root = prepare(vma);
    VmArea child = fork(vma);
    AnonVma own = Objects.requireNonNull(child.anonVma);
    assertThat(anonVmas.alive()).isEqualTo(2);
    anonVmas.unlinkAnonVmas(vma);
    assertThat(anonVmas.alive()).as("the child is linked to its parent's").isEqualTo(2);
    assertThat(root.rbRoot.isEmpty()).isFalse();
    anonVmas.unlinkAnonVmas(child);
    assertThat(anonVmas.alive()).isZero();
    assertThat(own.numChildren).isZero();
    assertThat(root.numChildren).isZero();
    assertThat(chain(child)).isEmpty();
    assertThat(child.anonVma).isNull();
    assertThat(root.rwsem.isLocked()).isFalse();
    anonVmas.unlinkAnonVmas(child); // one without links
    assertThat(anonVmas.alive()).isZero();
  }

  @Test
  void a_fork_of_what_was_never_written_has_none() {
    VmArea vma = memory.map(mm, BASE, 4, TestMemory.RW);
    VmArea child = vma.vmAreaDup(memory.mm());
    assertThat(anonVmas.anonVmaFork(child, vma)).isZero();
    assertThat(child.anonVma).isNull();
    assertThat(anonVmas.alive()).isZero();
    assertThat(anonVmas.anonVmaClone(child, vma)).as("nothing to clone").isZero();
  }

  @Test
  void a_split_off_part_counts_as_one_more_vma_of_the_same_one() {
    VmArea vma = memory.map(mm, BASE, 4, TestMemory.RW);
    AnonVma anonVma = prepare(vma);
    VmArea upper = vma.vmAreaDup(mm);
    assertThat(anonVmas.anonVmaClone(upper, vma)).isZero();
    assertThat(upper.anonVma).isSameAs(anonVma);
    assertThat(anonVma.numActiveVmas).isEqualTo(2);
    assertThat(upper.chainIsSingular()).isTrue();
    VmArea stranger = memory.map(mm, BASE + 0x10_0000, 1, TestMemory.RW);
    prepare(stranger);
    assertThatThrownBy(() -> anonVmas.anonVmaMerge(vma, stranger))
        .hasMessageContaining("another anon_vma");
    anonVmas.anonVmaMerge(vma, upper);
    assertThat(anonVma.numActiveVmas).isEqualTo(1);
    assertThat(chain(upper)).isEmpty();
  }

  @Test
  void a_forked_neighbours_is_not_shared() {
    VmArea vma = memory.map(mm, BASE, 4, TestMemory.RW);
    prepare(vma);
    VmArea child = fork(vma);
    VmArea beside = memory.map(child.vmMm, BASE + 0x4000, 4, TestMemory.RW);
    child.vmMm.mmapLock.readLock();
    assertThat(prepare(beside)).isNotSameAs(child.anonVma);
  }

  @Test
  void a_neighbour_of_another_file_keeps_its_own() {
    VmArea left = memory.map(mm, BASE, 1, TestMemory.RW);
    VmArea right = memory.map(mm, BASE + 0x1000, 1, TestMemory.RW);
    right.vmFile = new AddressSpace(memory.sched, "file", 4096);
    assertThat(prepare(left)).isNotSameAs(prepare(right));
  }

  @Test
  void short_of_memory_nothing_is_left_behind() {
    VmArea vma = memory.map(mm, BASE, 4, TestMemory.RW);
    for (Alloc kind : new Alloc[] {Alloc.ANON_VMA_CHAIN, Alloc.ANON_VMA}) {
      memory.sched.failSlab.follow(FailSlab.nth(kind, 1));
      assertThat(anonVmas.anonVmaPrepare(vma)).isEqualTo(-Errno.ENOMEM);
      assertThat(vma.anonVma).isNull();
      assertThat(anonVmas.alive()).isZero();
    }
    memory.sched.failSlab.follow(null);
    AnonVma root = prepare(vma);
    VmArea child = fork(vma);
    for (int n = 1; n <= 3; n++) { // two links to clone, and one of its own
      VmArea grandchild = child.vmAreaDup(memory.mm());
      memory.sched.failSlab.follow(FailSlab.nth(Alloc.ANON_VMA_CHAIN, n));
      assertThat(anonVmas.anonVmaFork(grandchild, child)).isEqualTo(-Errno.ENOMEM);
      assertThat(grandchild.anonVma).isNull();
      assertThat(chain(grandchild)).isEmpty();
      assertThat(root.numActiveVmas).isEqualTo(1);
      assertThat(root.numChildren).isEqualTo(2);
      assertThat(root.rwsem.isLocked()).isFalse();
    }
    memory.sched.failSlab.follow(FailSlab.nth(Alloc.ANON_VMA, 1));
    assertThat(anonVmas.anonVmaFork(child.vmAreaDup(memory.mm()), child)).isEqualTo(-Errno.ENOMEM);
    memory.sched.failSlab.follow(null);
    assertThat(anonVmas.alive()).isEqualTo(2);
  }

  @Test
  void a_first_fault_holds_mmap_lock() {
    VmArea vma = memory.map(memory.mm(), BASE, 4, TestMemory.RW);
    assertThatThrownBy(() -> anonVmas.anonVmaPrepare(vma)).hasMessageContaining("must be held");
    prepare(memory.map(mm, BASE, 4, TestMemory.RW));
    assertThat(mm.pgTables.pageTableLock().isLocked()).isFalse();
  }

  @Test
  void where_another_thread_was_quicker_its_anon_vma_is_taken_and_ones_own_freed() {
    Contention contention = new Contention();
    AnonVmas waiting = new AnonVmas(contention);
    Mm own = new Mm(contention, new PgTables(contention, memory.folios));
    VmArea vma = memory.map(own, BASE, 4, TestMemory.RW);
    own.mmapLock.readLock();
    KernelLock lock = own.pgTables.pageTableLock();
    lock.lock();
    contention.once(() -> {
      lock.unlock();
      assertThat(waiting.anonVmaPrepare(vma)).isZero();
    });
    assertThat(waiting.anonVmaPrepare(vma)).isZero();
    assertThat(contention.happened()).isTrue();
    assertThat(waiting.alive()).isEqualTo(1);
    assertThat(vma.chainIsSingular()).isTrue();
    assertThat(Objects.requireNonNull(vma.anonVma).numActiveVmas).isEqualTo(1);
  }

  @Test
  void a_first_fault_may_have_to_wait_for_memory_so_no_spinlock_may_be_held() {
    LockChecker checker = new LockChecker();
    AnonVmas checked = new AnonVmas(checker);
    Mm own = new Mm(checker, new PgTables(checker, memory.folios));
    VmArea vma = memory.map(own, BASE, 4, TestMemory.RW);
    own.mmapLock.readLock();
    own.pgTables.pageTableLock().lock();
    assertThatThrownBy(() -> checked.anonVmaPrepare(vma))
        .hasMessageContaining("might_sleep() is called under page_table_lock");
  }
}
