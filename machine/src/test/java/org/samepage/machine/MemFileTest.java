// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.flags;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.vma.AddressSpace;

/** /proc/PID/mem, with the results that Linux 6.18 gave a C program on the same calls. */
final class MemFileTest {
  private static final int PAGE = 4096;
  private final TestMachine m = TestMachine.boot("linux-6.18");
  private final Folios folios = m.machine.memory().folios();

  @AfterEach
  void close() {
    m.close();
  }

  private static void failsWithEio(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.error()).isEqualTo("EIO"));
  }

  private UserProcess readOnly(long pages) throws SyscallException {
    UserProcess p = m.machine.newProcess();
    p.mmap(BASE, pages * PAGE, 1, true);
    return p;
  }

  private static byte read(UserProcess p, long addr) throws SyscallException {
    byte[] one = new byte[1];
    assertThat(p.mem().pread(addr, one)).isEqualTo(1);
    return one[0];
  }

  @Test
  void a_write_to_a_read_only_private_mapping_makes_a_page_that_stays_read_only() throws Exception {
    UserProcess p = readOnly(4);
    assertThat(p.mem().pwrite(BASE, new byte[] {'x'})).isEqualTo(1);
    assertThat(flags(p, 0)).as("read-only, clean").isEqualTo(0x8000_0000_0000_0025L);
    assertThat(folios.pageAnonExclusive(pfn(p, 0))).isTrue();
    assertThat(folios.folioTestDirty(pfn(p, 0))).as("the page knows").isTrue();
    assertThat(read(p, BASE)).isEqualTo((byte) 'x');
    int before = pfn(p, 0);
    p.mem().pwrite(BASE, new byte[] {'y'});
    assertThat(pfn(p, 0)).as("written in place the second time").isEqualTo(before);
    assertThatThrownBy(() -> p.writeByte(BASE, (byte) 1)).hasMessage("SIGSEGV");
  }

  @Test
  void a_zero_page_is_replaced_and_a_read_of_nothing_maps_it() throws Exception {
    UserProcess p = readOnly(4);
    p.touch(page(1));
    p.mem().pwrite(page(1), new byte[] {'x'});
    assertThat(pfn(p, 1)).isNotEqualTo(Folios.ZERO_PFN);
    assertThat(read(p, page(2))).isZero();
    assertThat(flags(p, 2)).isEqualTo(0x8000_0000_0000_0225L);
    assertThat(pfn(p, 2)).isEqualTo(Folios.ZERO_PFN);
  }

  @Test
  void prot_none_can_be_read_and_written() throws Exception {
    UserProcess p = m.process(4);
    p.writeByte(BASE, (byte) 'n');
    p.mprotect(BASE, 4 * PAGE, 0);
    int before = pfn(p, 0);
    assertThat(read(p, BASE)).isEqualTo((byte) 'n');
    assertThat(read(p, page(3))).isZero();
    assertThat(p.mem().pwrite(BASE, new byte[] {'z'})).isEqualTo(1);
    assertThat(pfn(p, 0)).as("its own page: written in place").isEqualTo(before);
    p.mem().pwrite(page(3), new byte[] {'w'});
    p.mprotect(BASE, 4 * PAGE, 1);
    assertThat(read(p, BASE)).isEqualTo((byte) 'z');
    assertThat(read(p, page(3))).isEqualTo((byte) 'w');
  }

  @Test
  void exec_only_and_write_only_mappings_can_be_read() throws Exception {
    UserProcess p = m.machine.newProcess();
    p.mmap(BASE, PAGE, 4, true);
    p.mmap(BASE + 0x10000, PAGE, 2, true);
    assertThat(read(p, BASE)).isZero();
    assertThat(read(p, BASE + 0x10000)).isZero();
  }

  @Test
  void a_shared_mapping_that_is_read_only_cannot_be_written_but_read_even_with_prot_none()
      throws Exception {
    UserProcess p = m.machine.newProcess();
    p.mmap(new Mmap.Request(BASE, PAGE, 1, true, true, false, null, 0));
    failsWithEio(() -> p.mem().pwrite(BASE, new byte[PAGE]));
    assertThat(p.mem().pread(BASE, new byte[PAGE])).isEqualTo(PAGE);
    p.mprotect(BASE, PAGE, 0);
    assertThat(p.mem().pread(BASE, new byte[PAGE])).isEqualTo(PAGE);
  }

  @Test
  void a_private_file_mapping_gets_its_own_page_and_past_the_end_is_EIO() throws Exception {
    AddressSpace file = m.machine.newFile(2 * PAGE);
    m.machine.writeFile(file, 0, TestMachine.content(1));
    UserProcess p = m.machine.newProcess();
    p.mmap(new Mmap.Request(BASE, 4 * PAGE, 1, false, true, false, file, 0));
    p.mmap(new Mmap.Request(BASE + 0x10000, PAGE, 1, true, true, false, file, 0));
    p.mem().pwrite(BASE, new byte[] {'M'});
    assertThat(read(p, BASE)).isEqualTo((byte) 'M');
    assertThat(read(p, BASE + 0x10000)).as("the file").isEqualTo(TestMachine.content(1)[0]);
    failsWithEio(() -> p.mem().pread(page(2), new byte[PAGE]));
    failsWithEio(() -> p.mem().pwrite(page(2), new byte[PAGE]));
    failsWithEio(() -> p.mem().pwrite(BASE + 0x10000, new byte[1]));
    p.mprotect(BASE + 0x10000, PAGE, 3);
    assertThat(p.mem().pwrite(BASE + 0x10000, new byte[] {'S'})).isEqualTo(1);
    assertThat(folios.byteAt(file.page(0), 0)).isEqualTo((byte) 'S');
  }

  @Test
  void a_hole_ends_it_with_what_was_copied_or_EIO() throws Exception {
    UserProcess p = m.process(2);
    assertThat(p.mem().pwrite(BASE, new byte[4 * PAGE])).isEqualTo(8192);
    assertThat(p.mem().pwrite(BASE + 100, new byte[2 * PAGE])).isEqualTo(8092);
    failsWithEio(() -> p.mem().pread(page(2), new byte[PAGE]));
    failsWithEio(() -> p.mem().pwrite(page(2), new byte[PAGE]));
    failsWithEio(() -> p.mem().pread(BASE - 1, new byte[2]));
    failsWithEio(() -> p.mem().pread(0x7fff_ffff_f000L, new byte[1]));
    assertThat(p.mem().pread(page(2), new byte[0])).isZero();
  }

  @Test
  void a_guard_ends_it_too() throws Exception {
    UserProcess p = m.process(3);
    p.writeByte(BASE, (byte) 1);
    p.madvise(page(1), PAGE, Advice.GUARD_INSTALL);
    failsWithEio(() -> p.mem().pread(page(1), new byte[PAGE]));
    failsWithEio(() -> p.mem().pwrite(page(1), new byte[PAGE]));
    assertThat(p.mem().pread(BASE, new byte[3 * PAGE])).isEqualTo(4096);
    assertThat(p.mem().pread(BASE + 10, new byte[2 * PAGE])).isEqualTo(4086);
  }

  @Test
  void a_page_shared_by_fork_is_copied_for_the_one_that_is_written() throws Exception {
    UserProcess parent = m.process(1);
    parent.writeByte(BASE, (byte) 'p');
    parent.mprotect(BASE, PAGE, 1);
    UserProcess child = parent.fork();
    parent.mem().pwrite(BASE, new byte[] {'Q'});
    assertThat(read(child, BASE)).isEqualTo((byte) 'p');
    child.mem().pwrite(BASE, new byte[] {'C'});
    assertThat(read(parent, BASE)).isEqualTo((byte) 'Q');
    assertThat(read(child, BASE)).isEqualTo((byte) 'C');
  }

  @Test
  void a_merged_page_is_copied_though_only_read_only() throws Exception {
    UserProcess p = m.mergeable(2);
    TestMachine.write(p, 0, 1);
    TestMachine.write(p, 1, 1);
    m.passes(3);
    assertThat(pfn(p, 0)).isEqualTo(pfn(p, 1));
    p.mprotect(BASE, 2 * PAGE, 1);
    p.mem().pwrite(BASE, new byte[] {'k'});
    assertThat(pfn(p, 0)).isNotEqualTo(pfn(p, 1));
    assertThat(read(p, BASE)).isEqualTo((byte) 'k');
    TestMachine.check(p, 1, 1);
  }

  @Test
  void after_the_exit_nothing_is_read_and_nothing_fails() throws Exception {
    UserProcess p = m.process(1);
    p.writeByte(BASE, (byte) 1);
    MemFile mem = p.mem();
    p.exit();
    assertThat(mem.pread(BASE, new byte[PAGE])).isZero();
    assertThat(mem.pwrite(BASE, new byte[PAGE])).isZero();
  }
}
