// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.pte;
import static org.samepage.machine.testing.TestMachine.write;

import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.proc.ProcMaps;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.AnonVmaChain;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** What a child gets, and who copies what when one of the two writes. */
final class ForkTest {
  private static final int GENERATIONS = 200;

  private final TestMachine m = TestMachine.boot("linux-6.18");

  @AfterEach
  void close() {
    m.close();
  }

  private boolean exclusive(UserProcess process, long index) {
    return m.machine.memory().folios().pageAnonExclusive(pfn(process, index));
  }

  private static boolean writable(UserProcess process, long index) {
    return Pte.pteWrite(pte(process, index));
  }

  private static long anonPages(UserProcess process) {
    return process.mm().rssStat.get(Mm.MM_ANONPAGES);
  }

  private static VmArea vma(UserProcess process) {
    return process.mm().vmas.get(0);
  }

  private static int chainLength(VmArea vma) {
    int length = 0;
    for (AnonVmaChain avc = vma.newestChain(); avc != null; avc = avc.nextSameVma()) {
      length++;
    }
    return length;
  }

  private static void fails(String error, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  @Test
  void both_map_the_same_frame_which_is_nobodys_alone_and_may_be_written_by_neither()
      throws Exception {
    UserProcess parent = m.process(4);
    write(parent, 1, 1);
    assertThat(exclusive(parent, 1)).isTrue();
    UserProcess child = parent.fork();
    assertThat(pfn(child, 1)).isEqualTo(pfn(parent, 1));
    assertThat(exclusive(parent, 1)).isFalse();
    assertThat(writable(parent, 1)).isFalse();
    assertThat(writable(child, 1)).isFalse();
    assertThat(Pte.pteDirty(pte(child, 1))).isTrue();
    assertThat(Pte.pteYoung(pte(child, 1))).as("a child starts with old entries").isFalse();
    assertThat(Pte.pteYoung(pte(parent, 1))).isTrue();
    assertThat(anonPages(child)).isEqualTo(1);
    check(child, 1, 1);
  }

  @Test
  void a_write_by_the_child_copies_and_the_parent_keeps_its_frame() throws Exception {
    UserProcess parent = m.process(4);
    write(parent, 1, 1);
    int before = pfn(parent, 1);
    UserProcess child = parent.fork();
    write(child, 1, 2);
    assertThat(pfn(parent, 1)).isEqualTo(before);
    assertThat(pfn(child, 1)).isNotEqualTo(before);
    assertThat(exclusive(child, 1)).isTrue();
    assertThat(writable(child, 1)).isTrue();
    assertThat(exclusive(parent, 1)).as("until it writes").isFalse();
    check(parent, 1, 1);
    write(parent, 1, 3);
    assertThat(pfn(parent, 1)).as("nobody else has it").isEqualTo(before);
    assertThat(exclusive(parent, 1)).isTrue();
    check(child, 1, 2);
  }

  @Test
  void a_write_by_the_parent_copies_while_the_child_has_the_page() throws Exception {
    UserProcess parent = m.process(4);
    write(parent, 1, 1);
    int before = pfn(parent, 1);
    UserProcess child = parent.fork();
    write(parent, 1, 2);
    assertThat(pfn(child, 1)).isEqualTo(before);
    assertThat(pfn(parent, 1)).isNotEqualTo(before);
    check(child, 1, 1);
  }

  @Test
  void after_the_child_exited_the_parents_write_takes_the_frame_for_itself_again()
      throws Exception {
    UserProcess parent = m.process(4);
    write(parent, 1, 1);
    int before = pfn(parent, 1);
    UserProcess child = parent.fork();
    child.exit();
    assertThat(exclusive(parent, 1)).isFalse();
    parent.writeByte(page(1), (byte) 9);
    assertThat(pfn(parent, 1)).isEqualTo(before);
    assertThat(exclusive(parent, 1)).isTrue();
    assertThat(writable(parent, 1)).isTrue();
  }

  @Test
  void after_the_parent_exited_the_childs_write_takes_the_frame() throws Exception {
    UserProcess parent = m.process(4);
    write(parent, 1, 1);
    int before = pfn(parent, 1);
    UserProcess child = parent.fork();
    parent.exit();
    write(child, 1, 2);
    assertThat(pfn(child, 1)).isEqualTo(before);
    assertThat(exclusive(child, 1)).isTrue();
    check(child, 1, 2);
  }

  @Test
  void zero_pages_of_a_mapping_never_written_are_not_copied() throws Exception {
    UserProcess parent = m.process(4);
    parent.touch(page(1));
    UserProcess child = parent.fork();
    assertThat(child.mm().pgTables.pgtablesBytes()).isZero();
    assertThat(child.mm().totalVm).isEqualTo(4);
  }

  @Test
  void zero_pages_of_a_written_mapping_are_copied() throws Exception {
    UserProcess parent = m.process(4);
    parent.touch(page(1));
    write(parent, 2, 2);
    UserProcess child = parent.fork();
    assertThat(pfn(child, 1)).isEqualTo(pfn(parent, 1));
    assertThat(pte(child, 3)).isZero();
    assertThat(anonPages(child)).isEqualTo(1);
  }

  @Test
  void what_is_not_for_children_is_not_there_in_the_child() throws Exception {
    UserProcess parent = m.process(4);
    write(parent, 1, 1);
    parent.madvise(page(1), 4096, Advice.DONTFORK);
    UserProcess child = parent.fork();
    assertThat(ProcMaps.lines(child.mm()))
        .containsExactly(
            "100000000000-100000001000 rw-p 00000000", "100000002000-100000004000 rw-p 00000000");
    assertThat(child.mm().totalVm).isEqualTo(3);
    fails("SIGSEGV", () -> child.touch(page(1)));
    assertThat(exclusive(parent, 1)).isTrue();
    assertThat(writable(parent, 1)).isTrue();
  }

  @Test
  void what_is_wiped_on_fork_is_there_and_empty_in_the_child() throws Exception {
    UserProcess parent = m.process(4);
    write(parent, 1, 1);
    parent.madvise(BASE, 4 * 4096, Advice.WIPEONFORK);
    UserProcess child = parent.fork();
    assertThat(ProcMaps.lines(child.mm()))
        .containsExactly("100000000000-100000004000 rw-p 00000000 wf");
    assertThat(vma(child).anonVma).isNull();
    byte[] seen = new byte[4096];
    child.readPage(page(1), seen);
    assertThat(seen).containsOnly(0);
    check(parent, 1, 1);
    assertThat(exclusive(parent, 1)).isTrue();
  }

  @Test
  void a_child_has_no_locked_memory() throws Exception {
    UserProcess parent = m.process(4);
    parent.mlock(BASE, 4 * 4096);
    UserProcess child = parent.fork();
    assertThat(ProcMaps.lines(parent.mm())).allMatch(line -> line.endsWith(" lo"));
    assertThat(ProcMaps.lines(child.mm())).noneMatch(line -> line.endsWith(" lo"));
    assertThat(parent.mm().lockedVm).isEqualTo(4);
    assertThat(child.mm().lockedVm).isZero();
  }

  @Test
  void guards_are_in_the_child_too_even_where_nothing_was_written() throws Exception {
    UserProcess parent = m.process(4);
    parent.madvise(page(1), 4096, Advice.GUARD_INSTALL);
    assertThat(vma(parent).anonVma).as("so that entries are copied").isNotNull();
    UserProcess child = parent.fork();
    assertThat(pte(child, 1)).isEqualTo(PteMarker.makePteMarker(PteMarker.GUARD));
    fails("SIGSEGV", () -> child.touch(page(1)));
    child.madvise(page(1), 4096, Advice.GUARD_REMOVE);
    child.touch(page(1));
    fails("SIGSEGV", () -> parent.touch(page(1)));
  }

  @Test
  void a_written_mapping_grows_into_a_new_neighbour_in_the_parent_but_not_in_the_child()
      throws Exception {
    UserProcess parent = m.process(4);
    write(parent, 1, 1);
    UserProcess child = parent.fork();
    parent.mmap(page(4), 4 * 4096, RW, true);
    child.mmap(page(4), 4 * 4096, RW, true);
    assertThat(ProcMaps.lines(parent.mm())).hasSize(1);
    assertThat(ProcMaps.lines(child.mm())).hasSize(2);
  }

  @Test
  void an_unwritten_mapping_grows_into_a_new_neighbour_in_the_child_too() throws Exception {
    UserProcess parent = m.process(4);
    UserProcess child = parent.fork();
    child.mmap(page(4), 4 * 4096, RW, true);
    assertThat(ProcMaps.lines(child.mm())).hasSize(1);
  }

  @Test
  void a_child_cut_by_mprotect_is_one_again_when_it_is_taken_back() throws Exception {
    UserProcess parent = m.process(4);
    write(parent, 1, 1);
    UserProcess child = parent.fork();
    child.mprotect(page(1), 4096, 1);
    assertThat(ProcMaps.lines(child.mm())).hasSize(3);
    child.mprotect(page(1), 4096, RW);
    assertThat(ProcMaps.lines(child.mm())).hasSize(1);
    assertThat(writable(child, 1)).as("it is not the child's alone").isFalse();
  }

  @Test
  void a_long_line_of_forks_uses_the_same_few_anon_vmas_over_and_over() throws Exception {
    UserProcess process = m.process(4);
    write(process, 0, 0);
    AnonVma root = Objects.requireNonNull(vma(process).anonVma);
    for (int i = 1; i <= GENERATIONS; i++) {
      UserProcess child = process.fork();
      process.exit();
      process = child;
      write(process, i % 4, i);
      VmArea vma = vma(process);
      assertThat(chainLength(vma)).as("generation " + i).isEqualTo(Math.min(i + 1, 3));
      assertThat(Objects.requireNonNull(vma.anonVma).root).isSameAs(root);
      assertThat(root.refcount.get())
          .as("generation " + i + ": one for each other member")
          .isEqualTo(Math.min(i + 1, 3));
    }
    for (int i = GENERATIONS - 3; i <= GENERATIONS; i++) {
      check(process, i % 4, i);
    }
    process.exit();
    assertThat(root.refcount.get()).isZero();
    assertThat(m.machine.memory().allocator().pagesInUse()).isZero();
  }
}
