// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.exec.Exec;
import org.samepage.machine.proc.ProcMaps;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.MmFlags;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** exec; stacks and flags are what a C program read in its smaps on Linux 6.18. */
final class ExecTest {
  private static final long HEAP = 0x4f_f000L;
  private final TestMachine m = TestMachine.boot("linux-6.18");

  @AfterEach
  void close() {
    m.close();
  }

  @Test
  void there_is_a_stack_of_33_pages_and_nothing_of_what_was() throws Exception {
    UserProcess p = m.mergeable(4);
    p.writeByte(BASE, (byte) 1);
    Mm old = p.mm();
    p.exec(Exec.Image.ofHeap(HEAP));
    assertThat(p.mm()).isNotSameAs(old);
    assertThat(old.mmUsers.get()).isZero();
    assertThat(old.vmas.size()).isZero();
    assertThat(ProcMaps.lines(p.mm())).containsExactly("7ffffffde000-7ffffffff000 rw-p 00000000");
    VmArea stack = p.mm().vmas.get(0);
    assertThat(stack.vmFlags).as("rd wr mr mw me gd ac").isEqualTo(0x100173);
    assertThat(stack.vmPgoff).isEqualTo(0x7_ffff_ffdeL);
    assertThat(stack.anonVma).as("it grew, so it has one").isNotNull();
    assertThat(p.mm().totalVm).isEqualTo(33);
    assertThat(p.mm().mmFlagsTest(MmFlags.MMF_VM_MERGEABLE))
        .as("madvise is not taken over")
        .isFalse();
    p.writeByte(0x7fff_ffff_e123L, (byte) 7);
  }

  @Test
  void merge_any_goes_on_for_the_heap_and_new_mappings_but_not_for_the_stack() throws Exception {
    UserProcess p = m.process(1);
    p.prctlMemoryMerge(1);
    p.exec(Exec.Image.ofHeap(HEAP));
    assertThat(p.mm().mmFlagsTest(MmFlags.MMF_VM_MERGE_ANY)).isTrue();
    assertThat(p.mm().mmFlagsTest(MmFlags.MMF_VM_MERGEABLE)).as("on ksmd's list").isTrue();
    p.brk(HEAP + 8192);
    p.mmap(BASE, 8192, 3, false);
    assertThat(ProcMaps.lines(p.mm()))
        .containsExactly(
            "004ff000-00501000 rw-p 00000000 mg",
            "100000000000-100000002000 rw-p 00000000 mg",
            "7ffffffde000-7ffffffff000 rw-p 00000000");
    TestMachine.write(p, 0, 1);
    TestMachine.write(p, 1, 1);
    m.passes(3);
    assertThat(m.ksm("pages_sharing")).as("ksmd scans it").isEqualTo(1);
  }

  @Test
  void the_shared_part_of_a_page_stays_with_the_child_and_pages_merged_before_are_given_up()
      throws Exception {
    UserProcess p = m.mergeable(2);
    TestMachine.write(p, 0, 1);
    TestMachine.write(p, 1, 1);
    UserProcess child = p.fork();
    m.passes(3);
    p.exec(Exec.Image.ofHeap(HEAP));
    m.passes(2);
    TestMachine.check(child, 0, 1);
    assertThat(m.ksm("pages_shared")).isEqualTo(1);
  }

  @Test
  void a_shifted_stack_keeps_its_arguments_and_the_index_of_their_page() throws Exception {
    UserProcess p = m.machine.newProcess();
    p.exec(new Exec.Image(HEAP, 0x34_5000, "\1\2\3"));
    VmArea stack = p.mm().vmas.get(0);
    assertThat(stack.vmEnd).isEqualTo(0x7fff_ffff_f000L - 0x34_5000);
    assertThat(stack.vmEnd - stack.vmStart).isEqualTo(33 * 4096);
    assertThat(stack.has(VmFlags.VM_STACK_INCOMPLETE_SETUP)).isFalse();
    assertThat(stack.linearPageIndex(stack.vmEnd - 4096))
        .as("page offset of where it was")
        .isEqualTo(0x7_ffff_fffeL);
    byte[] arguments = new byte[3];
    p.mem().pread(stack.vmEnd - 3, arguments);
    assertThat(arguments).containsExactly(1, 2, 3);
    assertThat(p.mm().pgTables.pteTable(0x7fff_ffff_e000L)).as("the table it left").isNull();
  }

  @Test
  void a_shift_of_less_than_the_stack_is_one_too() throws Exception {
    UserProcess p = m.machine.newProcess();
    p.exec(new Exec.Image(HEAP, 0x1000, "\t"));
    VmArea stack = p.mm().vmas.get(0);
    assertThat(stack.vmEnd).isEqualTo(0x7fff_ffff_e000L);
    byte[] argument = new byte[1];
    p.mem().pread(stack.vmEnd - 1, argument);
    assertThat(argument).containsExactly(9);
    assertThat(p.mm().pgTables.pteTable(stack.vmEnd).get(PageUnits.pteIndex(stack.vmEnd))).isZero();
  }

  @Test
  void a_small_limit_makes_a_small_stack_and_a_large_one_lowers_what_is_mapped() throws Exception {
    UserProcess p = m.machine.newProcess();
    p.rlimits().stack = 8 * 4096;
    p.exec(Exec.Image.ofHeap(0x5555_5555_6000L));
    assertThat(p.mm().stackVm).isEqualTo(8);
    assertThat(p.mm().mmapBase).isEqualTo(0x7fff_f7ff_f000L);
    p.rlimits().stack = 1L << 30;
    p.exec(Exec.Image.ofHeap(0x5555_5555_6000L));
    assertThat(p.mm().mmapBase).isEqualTo(0x7fff_ffff_f000L - (1L << 30) - (1L << 20));
    p.rlimits().stack = -1;
    p.exec(Exec.Image.ofHeap(0x5555_5555_6000L));
    assertThat(p.mm().mmapBase).isEqualTo(0x1555_5555_6000L);
  }

  @Test
  void an_image_that_cannot_be_is_refused() {
    assertThatThrownBy(() -> new Exec.Image(-4096, 0, ""))
        .hasMessage("the heap begins in the address space");
    assertThatThrownBy(() -> new Exec.Image(1L << 47, 0, ""))
        .hasMessage("the heap begins in the address space");
    assertThatThrownBy(() -> new Exec.Image(4096, -4096, ""))
        .hasMessage("the stack ends in the upper half of the address space");
  }

  @Test
  void an_open_mem_file_stays_with_the_address_space_that_is_gone() throws Exception {
    UserProcess p = m.process(1);
    MemFile mem = p.mem();
    p.exec(Exec.Image.ofHeap(HEAP));
    assertThat(mem.pread(BASE, new byte[1])).isZero();
  }

  @Test
  void maps_names_the_heap_and_the_stack_and_a_child_has_them_too() throws Exception {
    UserProcess p = m.machine.newProcess();
    p.exec(Exec.Image.ofHeap(HEAP));
    p.brk(HEAP + 0x3000);
    for (UserProcess each : List.of(p, p.fork())) {
      assertThat(m.machine.proc().read("/proc/" + each.pid() + "/maps").lines())
          .as("the columns that Linux prints")
          .containsExactly(
              "004ff000-00502000 rw-p 00000000 00:00 0 " + " ".repeat(33) + "[heap]",
              "7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0 " + " ".repeat(25) + "[stack]");
    }
  }
}
