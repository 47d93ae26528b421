// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.content;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.pte;
import static org.samepage.machine.testing.TestMachine.write;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.proc.ProcPagemap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.Mm;

/** Mappings of files in memory: who sees whose writes, and what a fault maps. */
final class FileMappingsTest {
  private static final boolean SHARED = true;
  private static final boolean PRIVATE = false;

  private final TestMachine m = TestMachine.boot("linux-6.18");

  @AfterEach
  void close() {
    m.close();
  }

  /** Maps pages {@code [from, to)} of an address space to the file's pages from an offset on. */
  private static void map(
      UserProcess process, long from, long to, boolean shared, AddressSpace file, long offset)
      throws SyscallException {
    process.mmap(
        new Mmap.Request(
            page(from), (to - from) * 4096, RW, shared, false, false, file, offset * 4096));
  }

  /** A file whose page i holds content i. */
  private AddressSpace written(int pages) {
    AddressSpace file = m.machine.newFile(pages * 4096L);
    for (int i = 0; i < pages; i++) {
      m.machine.writeFile(file, i, content(i));
    }
    return file;
  }

  private static List<Long> present(UserProcess process) {
    List<Long> present = new ArrayList<>();
    ProcPagemap.visit(process.mm(), (addr, _) -> present.add((addr - BASE) / 4096));
    return present;
  }

  private static List<Long> range(long from, long to) {
    return LongStream.range(from, to).boxed().toList();
  }

  private static long anonPages(UserProcess process) {
    return process.mm().rssStat.get(Mm.MM_ANONPAGES);
  }

  private static long sharedPages(UserProcess process) {
    return process.mm().rssStat.get(Mm.MM_SHMEMPAGES);
  }

  private static void fails(String error, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  @Test
  void shared_mappings_of_a_file_see_each_others_writes_at_once() throws Exception {
    AddressSpace file = m.machine.newFile(4 * 4096);
    UserProcess one = m.machine.newProcess();
    UserProcess other = m.machine.newProcess();
    map(one, 0, 4, SHARED, file, 0);
    map(other, 0, 2, SHARED, file, 2);
    write(one, 3, 7);
    check(other, 1, 7);
    write(other, 1, 8);
    check(one, 3, 8);
    assertThat(pfn(other, 1)).isEqualTo(pfn(one, 3));
    assertThat(sharedPages(one)).isEqualTo(1);
    assertThat(anonPages(one)).isZero();
  }

  @Test
  void a_private_mapping_keeps_its_writes_and_sees_the_files_where_it_wrote_not() throws Exception {
    AddressSpace file = written(4);
    UserProcess shared = m.machine.newProcess();
    UserProcess own = m.machine.newProcess();
    map(shared, 0, 4, SHARED, file, 0);
    map(own, 0, 4, PRIVATE, file, 0);
    write(own, 1, 50);
    check(shared, 1, 1);
    write(shared, 1, 60);
    write(shared, 2, 61);
    check(own, 1, 50);
    check(own, 2, 61);
    UserProcess later = m.machine.newProcess();
    map(later, 0, 4, PRIVATE, file, 0);
    check(later, 1, 60);
  }

  @Test
  void a_page_read_before_it_is_written_privately_is_copied_from_the_file() throws Exception {
    AddressSpace file = written(4);
    UserProcess own = m.machine.newProcess();
    map(own, 0, 4, PRIVATE, file, 0);
    own.touch(page(1));
    int before = pfn(own, 1);
    assertThat(sharedPages(own)).isEqualTo(4);
    assertThat(Pte.pteWrite(pte(own, 1))).isFalse();
    own.writeByte(page(1) + 5, (byte) 9);
    assertThat(pfn(own, 1)).isNotEqualTo(before);
    assertThat(sharedPages(own)).isEqualTo(3);
    assertThat(anonPages(own)).isEqualTo(1);
    byte[] expected = content(1);
    expected[5] = 9;
    byte[] seen = new byte[4096];
    own.readPage(page(1), seen);
    assertThat(seen).isEqualTo(expected);
  }

  @Test
  void a_read_maps_the_pages_that_are_there_of_the_window_of_sixteen() throws Exception {
    AddressSpace file = written(64);
    UserProcess p = m.machine.newProcess();
    map(p, 0, 64, SHARED, file, 0);
    p.touch(page(21));
    assertThat(present(p)).isEqualTo(range(16, 32));
    assertThat(sharedPages(p)).isEqualTo(16);
  }

  @Test
  void the_window_is_aligned_by_address_and_not_by_offset() throws Exception {
    AddressSpace file = written(64);
    UserProcess p = m.machine.newProcess();
    map(p, 0, 48, PRIVATE, file, 5);
    p.touch(page(21));
    assertThat(present(p)).isEqualTo(range(16, 32));
    check(p, 21, 26);
    check(p, 31, 36);
  }

  @Test
  void a_window_cut_by_the_start_of_the_mapping_begins_there_and_is_as_long() throws Exception {
    AddressSpace file = written(64);
    UserProcess p = m.machine.newProcess();
    map(p, 5, 45, SHARED, file, 3);
    p.touch(page(10));
    assertThat(present(p)).isEqualTo(range(5, 21));
  }

  @Test
  void a_window_is_cut_by_the_end_of_the_mapping() throws Exception {
    AddressSpace file = written(64);
    UserProcess p = m.machine.newProcess();
    map(p, 0, 20, SHARED, file, 3);
    p.touch(page(17));
    assertThat(present(p)).isEqualTo(range(16, 20));
  }

  @Test
  void only_pages_that_the_file_has_are_mapped_around_a_read() throws Exception {
    AddressSpace file = m.machine.newFile(64 * 4096);
    for (int i : new int[] {2, 9, 10}) {
      m.machine.writeFile(file, i, content(i));
    }
    UserProcess p = m.machine.newProcess();
    map(p, 0, 64, SHARED, file, 0);
    p.touch(page(9));
    assertThat(present(p)).containsExactly(2L, 9L, 10L);
    UserProcess other = m.machine.newProcess();
    map(other, 0, 64, SHARED, file, 0);
    other.touch(page(5));
    assertThat(present(other)).as("the missing one is made").containsExactly(2L, 5L, 9L, 10L);
  }

  @Test
  void a_private_write_maps_one_page() throws Exception {
    AddressSpace file = written(64);
    UserProcess p = m.machine.newProcess();
    map(p, 0, 64, PRIVATE, file, 0);
    p.writeByte(page(21), (byte) 1);
    assertThat(present(p)).containsExactly(21L);
    assertThat(anonPages(p)).isEqualTo(1);
    assertThat(sharedPages(p)).isZero();
    assertThat(m.machine.memory().folios().pageAnonExclusive(pfn(p, 21))).isTrue();
  }

  @Test
  void a_shared_write_maps_one_page() throws Exception {
    AddressSpace file = written(64);
    UserProcess p = m.machine.newProcess();
    map(p, 0, 64, SHARED, file, 0);
    p.writeByte(page(21), (byte) 1);
    assertThat(present(p)).containsExactly(21L);
    assertThat(anonPages(p)).isZero();
  }

  @Test
  void behind_the_end_of_the_file_there_is_a_bus_error() throws Exception {
    AddressSpace file = m.machine.newFile(4096 + 1);
    UserProcess p = m.machine.newProcess();
    map(p, 0, 4, SHARED, file, 0);
    map(p, 8, 12, PRIVATE, file, 0);
    p.writeByte(page(1), (byte) 1);
    p.writeByte(page(9), (byte) 1);
    fails("SIGBUS", () -> p.touch(page(2)));
    fails("SIGBUS", () -> p.writeByte(page(2), (byte) 1));
    fails("SIGBUS", () -> p.touch(page(10)));
    fails("SIGBUS", () -> p.writeByte(page(10), (byte) 1));
    assertThat(present(p)).containsExactly(1L, 9L);
  }

  @Test
  void a_fork_shares_shared_writes_and_parts_private_ones() throws Exception {
    AddressSpace file = written(4);
    UserProcess parent = m.machine.newProcess();
    map(parent, 0, 4, SHARED, file, 0);
    map(parent, 8, 12, PRIVATE, file, 0);
    write(parent, 8, 70);
    UserProcess child = parent.fork();
    write(child, 0, 80);
    check(parent, 0, 80);
    write(child, 8, 81);
    check(parent, 8, 70);
    write(parent, 8, 82);
    check(child, 8, 81);
  }

  @Test
  void what_would_reach_past_the_longest_file_there_can_be_is_not_mapped() throws Exception {
    AddressSpace file = m.machine.newFile(4096);
    UserProcess p = m.machine.newProcess();
    long last = Long.MAX_VALUE >> 12;
    fails("EOVERFLOW", () -> map(p, 0, 1, SHARED, file, -1));
    fails("EOVERFLOW", () -> map(p, 0, 2, SHARED, file, last));
    fails("EOVERFLOW", () -> map(p, 0, 2, PRIVATE, file, last));
    map(p, 0, 2, SHARED, file, last - 2);
    fails("EEXIST", () -> map(p, 0, 1, SHARED, file, -1));
    fails("SIGBUS", () -> p.touch(BASE));
  }
}
