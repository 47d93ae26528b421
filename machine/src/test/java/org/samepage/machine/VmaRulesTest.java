// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.mmap.Mremap.MREMAP_DONTUNMAP;
import static org.samepage.machine.mmap.Mremap.MREMAP_FIXED;
import static org.samepage.machine.mmap.Mremap.MREMAP_MAYMOVE;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.write;

import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.proc.ProcMaps;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.vma.AddressSpace;

/** Which mappings there are after a call, and which calls are refused, as on a real kernel. */
final class VmaRulesTest {
  private static final int MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;
  private static final int R = 1;
  private static final int MAX_MAP_COUNT = 65530;

  private final TestMachine m = TestMachine.boot("linux-6.18");
  private final UserProcess p = m.machine.newProcess();

  @AfterEach
  void close() {
    m.close();
  }

  private static long bytes(long pages) {
    return pages * 4096;
  }

  private void map(long from, long to, int prot) throws SyscallException {
    p.mmap(page(from), bytes(to - from), prot, false);
  }

  /** Maps pages and writes each: page i holds content i. */
  private void mapWritten(long from, long to) throws SyscallException {
    map(from, to, RW);
    for (long i = from; i < to; i++) {
      write(p, i, i);
    }
  }

  private void move(long from, long to, long target) throws SyscallException {
    p.mremap(page(from), bytes(to - from), bytes(to - from), MOVE, page(target));
  }

  private void protect(long from, long to, int prot) throws SyscallException {
    p.mprotect(page(from), bytes(to - from), prot);
  }

  private void advise(long from, long to, Advice advice) throws SyscallException {
    p.madvise(page(from), bytes(to - from), advice);
  }

  /** The mappings as {@code from-to permissions flags}, in pages from the base. */
  private List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (String line : ProcMaps.lines(p.mm())) {
      int dash = line.indexOf('-');
      int blank = line.indexOf(' ');
      long from = Long.parseLong(line, 0, dash, 16);
      long to = Long.parseLong(line, dash + 1, blank, 16);
      lines.add(
          (from - BASE) / 4096
              + "-"
              + (to - BASE) / 4096
              + line.substring(blank, blank + 5)
              + line.substring(blank + 14));
    }
    return lines;
  }

  private static void fails(String error, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  @Test
  void a_gap_between_two_written_mappings_joins_the_left_one_alone() throws Exception {
    mapWritten(0, 4);
    mapWritten(8, 12);
    map(4, 8, RW);
    assertThat(lines()).containsExactly("0-8 rw-p", "8-12 rw-p");
  }

  @Test
  void a_gap_beside_one_written_mapping_joins_all_three() throws Exception {
    map(0, 4, RW);
    mapWritten(8, 12);
    map(4, 8, RW);
    assertThat(lines()).containsExactly("0-12 rw-p");
  }

  @Test
  void two_unwritten_neighbours_are_one_in_either_order() throws Exception {
    map(0, 4, RW);
    map(4, 8, RW);
    map(20, 24, RW);
    map(16, 20, RW);
    assertThat(lines()).containsExactly("0-8 rw-p", "16-24 rw-p");
  }

  @Test
  void neighbours_with_other_permissions_stay_two() throws Exception {
    map(0, 4, RW);
    map(4, 8, R);
    assertThat(lines()).containsExactly("0-4 rw-p", "4-8 r--p");
  }

  @Test
  void what_mprotect_cut_is_one_again_when_it_is_taken_back() throws Exception {
    mapWritten(0, 12);
    protect(4, 8, R);
    assertThat(lines()).containsExactly("0-4 rw-p", "4-8 r--p", "8-12 rw-p");
    protect(4, 8, RW);
    assertThat(lines()).containsExactly("0-12 rw-p");
    for (long i = 0; i < 12; i++) {
      check(p, i, i);
      write(p, i, 100 + i);
    }
  }

  @Test
  void an_unwritten_mapping_that_mprotect_cut_is_one_again_too() throws Exception {
    map(0, 12, RW);
    protect(4, 8, R);
    protect(4, 8, RW);
    assertThat(lines()).containsExactly("0-12 rw-p");
  }

  @Test
  void parts_written_while_cut_by_mprotect_share_what_they_need_to_be_one_again() throws Exception {
    map(0, 8, RW);
    protect(0, 4, R);
    write(p, 6, 6);
    protect(0, 4, RW);
    protect(4, 8, R);
    write(p, 2, 2);
    protect(4, 8, RW);
    assertThat(lines()).containsExactly("0-8 rw-p");
  }

  @Test
  void a_written_mapping_moved_beside_an_unrelated_written_one_stays_apart() throws Exception {
    mapWritten(0, 4);
    mapWritten(20, 24);
    move(20, 24, 4);
    assertThat(lines()).containsExactly("0-4 rw-p", "4-8 rw-p");
    check(p, 4, 20);
    check(p, 7, 23);
  }

  @Test
  void an_unwritten_mapping_moved_beside_an_unwritten_one_joins_it() throws Exception {
    map(0, 4, RW);
    map(20, 24, RW);
    move(20, 24, 4);
    assertThat(lines()).containsExactly("0-8 rw-p");
  }

  @Test
  void a_part_moved_away_and_back_is_part_of_one_mapping_again() throws Exception {
    mapWritten(0, 12);
    move(4, 8, 20);
    assertThat(lines()).containsExactly("0-4 rw-p", "8-12 rw-p", "20-24 rw-p");
    move(20, 24, 4);
    assertThat(lines()).containsExactly("0-12 rw-p");
    for (long i = 0; i < 12; i++) {
      check(p, i, i);
    }
  }

  @Test
  void a_part_moved_without_unmapping_leaves_its_mapping_whole_and_empty_there() throws Exception {
    mapWritten(0, 12);
    p.mremap(page(4), bytes(4), bytes(4), MREMAP_MAYMOVE | MREMAP_DONTUNMAP, page(20));
    assertThat(lines()).containsExactly("0-12 rw-p", "20-24 rw-p");
    check(p, 3, 3);
    check(p, 8, 8);
    check(p, 20, 4);
    byte[] seen = new byte[4096];
    p.readPage(page(4), seen);
    assertThat(seen).containsOnly(0);
  }

  @Test
  void a_mapping_that_grows_in_place_stays_one() throws Exception {
    mapWritten(0, 4);
    p.mremap(BASE, bytes(4), bytes(6), 0, 0);
    assertThat(lines()).containsExactly("0-6 rw-p");
    assertThat(p.mm().totalVm).isEqualTo(6);
  }

  @Test
  void a_mapping_that_grows_up_to_the_next_one_takes_it_in() throws Exception {
    mapWritten(0, 4);
    map(6, 8, RW);
    p.mremap(BASE, bytes(4), bytes(6), 0, 0);
    assertThat(lines()).containsExactly("0-8 rw-p");
  }

  @Test
  void a_mapping_that_shrinks_loses_its_end() throws Exception {
    mapWritten(0, 8);
    p.mremap(BASE, bytes(8), bytes(3), 0, 0);
    assertThat(lines()).containsExactly("0-3 rw-p");
    fails("SIGSEGV", () -> p.touch(page(3)));
  }

  @Test
  void a_move_of_two_mappings_keeps_them_two() throws Exception {
    mapWritten(0, 8);
    protect(4, 8, R);
    move(0, 8, 20);
    assertThat(lines()).containsExactly("20-24 rw-p", "24-28 r--p");
    check(p, 20, 0);
    check(p, 27, 7);
  }

  @Test
  void a_move_over_a_hole_keeps_the_hole() throws Exception {
    mapWritten(0, 4);
    mapWritten(8, 12);
    move(0, 12, 20);
    assertThat(lines()).containsExactly("20-24 rw-p", "28-32 rw-p");
    check(p, 23, 3);
    check(p, 28, 8);
  }

  @Test
  void a_guard_over_data_cuts_nothing_and_destroys_the_data() throws Exception {
    mapWritten(0, 12);
    advise(4, 8, Advice.GUARD_INSTALL);
    assertThat(lines()).containsExactly("0-12 rw-p");
    fails("SIGSEGV", () -> p.touch(page(4)));
    fails("SIGSEGV", () -> p.writeByte(page(7), (byte) 1));
    check(p, 3, 3);
    check(p, 8, 8);
    advise(4, 8, Advice.DONTNEED);
    fails("SIGSEGV", () -> p.touch(page(4)));
    advise(0, 12, Advice.GUARD_REMOVE);
    byte[] seen = new byte[4096];
    p.readPage(page(4), seen);
    assertThat(seen).containsOnly(0);
    check(p, 3, 3);
  }

  @Test
  void mprotect_over_a_hole_is_refused_after_the_part_before_it_was_changed() throws Exception {
    map(0, 4, RW);
    map(8, 12, RW);
    fails("ENOMEM", () -> protect(0, 12, R));
    assertThat(lines()).containsExactly("0-4 r--p", "8-12 rw-p");
    fails("ENOMEM", () -> protect(4, 12, R));
    assertThat(lines()).containsExactly("0-4 r--p", "8-12 rw-p");
  }

  @Test
  void munmap_of_the_middle_leaves_both_ends() throws Exception {
    mapWritten(0, 12);
    p.munmap(page(4), bytes(4));
    assertThat(lines()).containsExactly("0-4 rw-p", "8-12 rw-p");
    assertThat(p.mm().totalVm).isEqualTo(8);
    check(p, 11, 11);
  }

  @Test
  void a_hole_filled_again_between_parts_of_one_written_mapping_makes_it_whole() throws Exception {
    mapWritten(0, 12);
    p.munmap(page(4), bytes(4));
    map(4, 8, RW);
    assertThat(lines()).containsExactly("0-12 rw-p");
  }

  @Test
  void mmap_refuses_no_length_too_much_unaligned_places_and_taken_ones() throws Exception {
    map(0, 4, RW);
    fails("EINVAL", () -> p.mmap(page(8), 0, RW, true));
    fails("ENOMEM", () -> p.mmap(page(8), -1, RW, true));
    fails("ENOMEM", () -> p.mmap(page(8), 0x7fff_ffff_f000L, RW, true));
    fails("EINVAL", () -> p.mmap(page(8) + 1, 4096, RW, true));
    fails("EEXIST", () -> p.mmap(page(3), bytes(2), RW, true));
    assertThat(lines()).containsExactly("0-4 rw-p");
  }

  @Test
  void munmap_refuses_unaligned_empty_and_too_high_ranges_and_likes_holes() throws Exception {
    map(0, 4, RW);
    fails("EINVAL", () -> p.munmap(BASE + 1, 4096));
    fails("EINVAL", () -> p.munmap(BASE, 0));
    fails("EINVAL", () -> p.munmap(0x7fff_ffff_e000L, 8192));
    fails("EINVAL", () -> p.munmap(BASE, 0x8000_0000_0000L));
    p.munmap(page(8), bytes(4));
    assertThat(lines()).containsExactly("0-4 rw-p");
  }

  @Test
  void mprotect_refuses_unaligned_starts_and_takes_no_length_for_done() throws Exception {
    map(0, 4, RW);
    fails("EINVAL", () -> p.mprotect(BASE + 1, 4096, R));
    fails("ENOMEM", () -> p.mprotect(BASE, -4096, R));
    p.mprotect(page(50), 0, R);
    assertThat(lines()).containsExactly("0-4 rw-p");
  }

  @Test
  void mremap_refuses_parameters_that_make_no_sense() throws Exception {
    map(0, 4, RW);
    fails("EINVAL", () -> p.mremap(BASE, bytes(4), bytes(4), 8, 0));
    fails("EINVAL", () -> p.mremap(BASE + 1, bytes(4), bytes(4), 0, 0));
    fails("EINVAL", () -> p.mremap(BASE, bytes(4), 0, 0, 0));
    fails("EINVAL", () -> p.mremap(BASE, bytes(4), 0x7fff_ffff_f001L, 0, 0));
    fails("EINVAL", () -> p.mremap(BASE, bytes(4), bytes(4), MREMAP_FIXED, page(20)));
    fails("EINVAL", () -> p.mremap(BASE, bytes(4), bytes(4), MREMAP_DONTUNMAP, page(20)));
    int dontunmap = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    fails("EINVAL", () -> p.mremap(BASE, bytes(4), bytes(5), dontunmap, page(20)));
    fails("EINVAL", () -> p.mremap(BASE, bytes(4), bytes(4), MOVE, page(20) + 1));
    fails("EINVAL", () -> p.mremap(BASE, bytes(4), bytes(4), dontunmap, page(20) + 1));
    fails("EINVAL", () -> p.mremap(BASE, bytes(4), bytes(4), MOVE, page(3)));
    assertThat(lines()).containsExactly("0-4 rw-p");
  }

  @Test
  void mremap_refuses_what_is_not_mapped_too_long_or_has_no_room() throws Exception {
    map(0, 4, RW);
    map(4, 6, R);
    fails("EFAULT", () -> p.mremap(page(20), bytes(4), bytes(6), 0, 0));
    fails("EFAULT", () -> move(20, 24, 30));
    fails("EINVAL", () -> p.mremap(BASE, 0, bytes(4), 0, 0));
    fails("EFAULT", () -> p.mremap(BASE, bytes(6), bytes(8), MREMAP_MAYMOVE, 0));
    fails("ENOMEM", () -> p.mremap(BASE, bytes(4), bytes(6), 0, 0));
    fails("ENOMEM", () -> p.mremap(BASE, bytes(2), bytes(3), 0, 0));
    assertThat(lines()).containsExactly("0-4 rw-p", "4-6 r--p");
  }

  @Test
  void mremap_to_the_same_size_does_nothing_even_over_several_mappings() throws Exception {
    map(0, 4, RW);
    map(4, 6, R);
    p.mremap(BASE, bytes(6), bytes(6), 0, 0);
    assertThat(lines()).containsExactly("0-4 rw-p", "4-6 r--p");
  }

  @Test
  void madvise_refuses_unaligned_starts_and_lengths_that_wrap() throws Exception {
    map(0, 4, RW);
    fails("EINVAL", () -> p.madvise(BASE + 1, 4096, Advice.MERGEABLE));
    fails("EINVAL", () -> p.madvise(BASE, -1, Advice.MERGEABLE));
    fails("EINVAL", () -> p.madvise(BASE, -8192, Advice.MERGEABLE));
    p.madvise(page(50), 0, Advice.MERGEABLE);
    assertThat(lines()).containsExactly("0-4 rw-p");
  }

  @Test
  void madvise_over_a_hole_does_both_sides_and_then_tells() throws Exception {
    map(0, 4, RW);
    map(8, 12, RW);
    fails("ENOMEM", () -> advise(0, 12, Advice.MERGEABLE));
    assertThat(lines()).containsExactly("0-4 rw-p mg", "8-12 rw-p mg");
    fails("ENOMEM", () -> advise(4, 8, Advice.MERGEABLE));
  }

  @Test
  void locked_memory_takes_no_dontneed_and_no_guards_but_gives_guards_up() throws Exception {
    mapWritten(0, 4);
    advise(0, 1, Advice.GUARD_INSTALL);
    p.mlock(page(1), bytes(3));
    assertThat(lines()).containsExactly("0-1 rw-p", "1-4 rw-p lo");
    fails("EINVAL", () -> advise(1, 2, Advice.DONTNEED));
    fails("EINVAL", () -> advise(1, 2, Advice.GUARD_INSTALL));
    advise(0, 4, Advice.GUARD_REMOVE);
    check(p, 1, 1);
    p.munlock(page(1), bytes(3));
    advise(1, 2, Advice.DONTNEED);
    assertThat(lines()).containsExactly("0-4 rw-p");
  }

  @Test
  void shared_memory_is_not_wiped_on_fork_and_not_merged() throws Exception {
    AddressSpace file = m.machine.newFile(bytes(4));
    p.mmap(new Mmap.Request(BASE, bytes(4), RW, true, false, false, file, 0));
    p.mmap(new Mmap.Request(page(8), bytes(4), RW, false, false, false, file, 0));
    fails("EINVAL", () -> advise(0, 4, Advice.WIPEONFORK));
    fails("EINVAL", () -> advise(8, 12, Advice.WIPEONFORK));
    advise(0, 4, Advice.MERGEABLE);
    assertThat(lines()).containsExactly("0-4 rw-s sh", "8-12 rw-p");
  }

  @Test
  void with_as_many_mappings_as_there_may_be_nothing_can_be_cut() throws Exception {
    map(0, 4, RW);
    for (int i = 1; i < MAX_MAP_COUNT; i++) {
      p.mmap(page(3 + i), 4096, (i & 1) == 0 ? RW : R, true);
    }
    assertThat(p.mm().vmas.size()).isEqualTo(MAX_MAP_COUNT);
    fails("ENOMEM", () -> protect(1, 2, R));
    fails("EAGAIN", () -> advise(1, 2, Advice.DONTFORK));
    fails("ENOMEM", () -> p.munmap(page(1), bytes(1)));
    fails("ENOMEM", () -> move(0, 1, 100_000));
    // one more may be made, but no second one
    p.mmap(page(200_000), 4096, R, true);
    fails("ENOMEM", () -> p.mmap(page(200_002), 4096, R, true));
    p.munmap(page(0), bytes(1));
    assertThat(p.mm().vmas.size()).isEqualTo(MAX_MAP_COUNT + 1);
  }
}
