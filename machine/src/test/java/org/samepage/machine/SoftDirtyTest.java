// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.flags;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.pte;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.exec.Exec;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.proc.SoftDirty;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.vma.VmFlags;

/** A machine that tracks writes; the reference kernel does not, so this is its source's word. */
final class SoftDirtyTest {
  private static final int PAGE = 4096;
  private static final long ELSEWHERE = BASE + 0x1000_0000;
  private final TestMachine m = TestMachine.boot("linux-6.18", "machine.soft-dirty=true");

  @AfterEach
  void close() {
    m.close();
  }

  private static boolean seen(UserProcess p, long index) {
    return SoftDirty.pmSoftDirty(p.mm().vmas.vmaLookup(page(index)), pte(p, index));
  }

  private UserProcess cleared(long pages) throws SyscallException {
    UserProcess p = m.process(pages);
    for (int i = 0; i < pages; i++) {
      TestMachine.write(p, i, i);
    }
    SoftDirty.clearRefsWrite(p.mm());
    return p;
  }

  @Test
  void a_new_mapping_is_dirty_as_a_whole_and_its_flags_are_those_of_the_report() throws Exception {
    UserProcess p = m.machine.newProcess();
    p.mmap(BASE, 4 * PAGE, 3, false);
    p.madvise(BASE, 4 * PAGE, Advice.NOHUGEPAGE);
    p.madvise(BASE, 4 * PAGE, Advice.MERGEABLE);
    assertThat(p.mm().vmas.get(0).vmFlags).isEqualTo(0xc810_0073L);
    assertThat(SoftDirty.pmSoftDirty(p.mm().vmas.get(0), 0)).isTrue();
    SoftDirty.clearRefsWrite(p.mm());
    assertThat(p.mm().vmas.get(0).vmFlags).isEqualTo(0xc010_0073L);
    assertThat(SoftDirty.pmSoftDirty(p.mm().vmas.get(0), 0)).isFalse();
  }

  @Test
  void a_fault_that_writes_sets_the_bit_and_one_that_reads_does_not() throws Exception {
    UserProcess p = m.process(2);
    p.writeByte(BASE, (byte) 1);
    p.touch(page(1));
    assertThat(flags(p, 0)).isEqualTo(0x8000_0000_0000_0867L);
    assertThat(flags(p, 1)).isEqualTo(0x8000_0000_0000_0225L);
  }

  @Test
  void clearing_protects_and_the_next_write_is_seen_page_by_page() throws Exception {
    UserProcess p = cleared(3);
    assertThat(flags(p, 0)).isEqualTo(0x8400_0000_0000_0025L);
    int before = pfn(p, 1);
    p.touch(BASE);
    p.writeByte(page(1), (byte) 7);
    assertThat(seen(p, 0)).isFalse();
    assertThat(seen(p, 1)).isTrue();
    assertThat(seen(p, 2)).isFalse();
    assertThat(flags(p, 1)).isEqualTo(0x8000_0000_0000_0867L);
    assertThat(pfn(p, 1)).as("no copy").isEqualTo(before);
  }

  @Test
  void mprotect_makes_no_page_writable_whose_write_is_to_be_seen() throws Exception {
    UserProcess p = cleared(2);
    p.writeByte(page(1), (byte) 1);
    p.mprotect(BASE, 2 * PAGE, 1);
    p.mprotect(BASE, 2 * PAGE, 3);
    assertThat(flags(p, 0)).isEqualTo(0x8400_0000_0000_0025L);
    assertThat(flags(p, 1)).isEqualTo(0x8000_0000_0000_0867L);
  }

  @Test
  void a_cleared_shared_mapping_lets_each_first_write_fault() throws Exception {
    UserProcess p = m.machine.newProcess();
    p.mmap(new Mmap.Request(BASE, 2 * PAGE, 3, true, true, false, null, 0));
    p.writeByte(BASE, (byte) 1);
    assertThat(flags(p, 0)).isEqualTo(0x8000_0000_0000_0867L);
    SoftDirty.clearRefsWrite(p.mm());
    p.touch(page(1));
    assertThat(flags(p, 1)).as("no write bit").isEqualTo(0x8000_0000_0000_0025L);
    p.writeByte(page(1), (byte) 1);
    p.writeByte(BASE, (byte) 1);
    assertThat(seen(p, 0) && seen(p, 1)).isTrue();
  }

  @Test
  void what_mremap_moves_is_seen_guards_too() throws Exception {
    UserProcess p = cleared(4);
    p.madvise(page(3), PAGE, Advice.GUARD_INSTALL);
    p.mremap(page(2), 2 * PAGE, 2 * PAGE, Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED, ELSEWHERE);
    long index = (ELSEWHERE - BASE) / PAGE;
    assertThat(seen(p, 1)).isFalse();
    assertThat(seen(p, index)).isTrue();
    assertThat(seen(p, index + 1)).isTrue();
    assertThat(pte(p, index + 1)).isEqualTo(0xffff_ffff_ffff_f602L);
    SoftDirty.clearRefsWrite(p.mm());
    assertThat(pte(p, index + 1)).isEqualTo(0xffff_ffff_ffff_f600L);
  }

  @Test
  void a_mapping_beside_a_cleared_one_merges_and_both_are_dirty() throws Exception {
    UserProcess p = cleared(4);
    p.mmap(page(4), 4 * PAGE, 3, true);
    assertThat(p.mm().vmas.size()).isEqualTo(1);
    assertThat(p.mm().vmas.get(0).has(VmFlags.VM_SOFTDIRTY)).isTrue();
    assertThat(seen(p, 0)).isTrue();
  }

  @Test
  void a_child_sees_what_its_parent_saw() throws Exception {
    UserProcess p = cleared(2);
    p.writeByte(BASE, (byte) 1);
    UserProcess child = p.fork();
    assertThat(seen(child, 0)).isTrue();
    assertThat(seen(child, 1)).isFalse();
    child.writeByte(page(1), (byte) 1);
    assertThat(seen(child, 1)).isTrue();
    assertThat(seen(p, 1)).isFalse();
  }

  @Test
  void ksmd_marks_its_zero_pages_and_unmerging_keeps_what_a_merged_page_was() throws Exception {
    m.store("use_zero_pages", "1");
    UserProcess p = m.mergeable(4);
    p.writePage(BASE, new byte[PAGE]);
    TestMachine.write(p, 1, 1);
    TestMachine.write(p, 2, 1);
    m.passes(3);
    assertThat(flags(p, 0)).as("dirty, so soft-dirty").isEqualTo(0x8400_0000_0000_0a25L);
    assertThat(flags(p, 2)).as("was written, now merged").isEqualTo(0x8000_0000_0000_0825L);
    assertThat(flags(p, 1)).as("replaced: forgotten").isEqualTo(0x8000_0000_0000_0025L);
    p.madvise(BASE, 4 * PAGE, Advice.UNMERGEABLE);
    assertThat(flags(p, 2)).isEqualTo(0x8000_0000_0000_0825L);
    assertThat(flags(p, 1)).isEqualTo(0x8000_0000_0000_0025L);
  }

  @Test
  void proc_mem_breaks_through_a_read_only_page_with_a_fault_that_is_seen() throws Exception {
    UserProcess p = cleared(1);
    p.mprotect(BASE, PAGE, 1);
    int before = pfn(p, 0);
    p.mem().pwrite(BASE, new byte[] {7});
    assertThat(seen(p, 0)).isTrue();
    assertThat(pfn(p, 0)).isEqualTo(before);
  }

  @Test
  void heap_and_stack_are_dirty_from_the_start() throws Exception {
    UserProcess p = m.machine.newProcess();
    p.exec(Exec.Image.ofHeap(BASE));
    p.brk(BASE + PAGE);
    assertThat(p.mm().vmas.get(0).has(VmFlags.VM_SOFTDIRTY)).isTrue();
    assertThat(p.mm().vmas.get(1).has(VmFlags.VM_SOFTDIRTY)).isTrue();
    SoftDirty.clearRefsWrite(p.mm());
    p.brk(BASE + 2 * PAGE);
    assertThat(p.mm().vmas.get(0).has(VmFlags.VM_SOFTDIRTY)).as("grown").isTrue();
  }

  @Test
  void the_reference_kernel_has_no_such_bit() throws Exception {
    try (TestMachine plain = TestMachine.boot("linux-6.18")) {
      UserProcess p = plain.process(1);
      p.writeByte(BASE, (byte) 1);
      long word = pte(p, 0);
      SoftDirty.clearRefsWrite(p.mm());
      assertThat(pte(p, 0)).as("clear_refs 4 changes nothing").isEqualTo(word);
      assertThat(p.mm().vmas.get(0).has(VmFlags.VM_SOFTDIRTY)).isFalse();
      assertThat(seen(p, 0)).isFalse();
    }
  }
}
