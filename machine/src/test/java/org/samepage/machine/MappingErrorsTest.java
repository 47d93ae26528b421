// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;

import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mmap;

/**
 * Which of several errors a call tells, and what it has done by then. All that is expected here was
 * seen on Linux 6.18.44, by a C program that makes the same calls at the same places.
 */
final class MappingErrorsTest extends MappingTestBase {
  private static final int R = 1;
  private static final long TOP_BIT = Long.MIN_VALUE;
  private static final long GIANT = 0x2000_0000_0000L;

  @Test
  void mmap_checks_the_length_then_the_place_then_what_is_there_then_the_file() throws Exception {
    map(0, 4, RW);
    fails("EINVAL", () -> p.mmap(BASE + 1, 0, RW, true));
    fails("ENOMEM", () -> p.mmap(BASE + 1, -1, RW, true));
    fails("EINVAL", () -> p.mmap(BASE + 1, 4096, RW, true));
    fails("ENOMEM", () -> p.mmap(0x7fff_ffff_f001L, 4096, RW, true));
    fails("ENOMEM", () -> p.mmap(0x7fff_ffff_f000L, 4096, RW, true));
    fails("EEXIST", () -> file(BASE, 0xffff_ffff_ffff_f000L));
    fails("EEXIST", () -> p.mmap(BASE - 4096, GIANT, RW, false));
    fails("ENOMEM", () -> p.mmap(page(8), GIANT, RW, false));
    fails("EOVERFLOW", () -> file(page(8), 0xffff_ffff_ffff_f000L));
    fails("EOVERFLOW", () -> file(page(8), TOP_BIT));
    fails("EOVERFLOW", () -> file(page(8), 0x7fff_ffff_ffff_f000L));
    assertThat(lines()).containsExactly("0-4 rw-p");
    file(page(8), 0x7fff_ffff_ffff_e000L);
    p.mmap(0x7fff_ffff_e000L, 4096, RW, true);
    assertThat(p.mm().vmas.size()).isEqualTo(3);
  }

  @Test
  void mmap_checks_the_offset_before_all_else_even_of_memory_without_a_file() {
    fails("EINVAL", () -> p.mmap(new Mmap.Request(BASE, -1, RW, false, true, false, null, 1)));
  }

  @Test
  void what_cannot_be_promised_may_be_read_but_not_made_writable() throws Exception {
    p.mmap(BASE, GIANT, R, false);
    fails("ENOMEM", () -> p.mprotect(BASE, GIANT, RW));
    assertThat(lines()).containsExactly("0-8589934592 r--p");
  }

  @Test
  void munmap_takes_any_length_that_ends_below_the_top_and_crosses_holes() throws Exception {
    map(0, 4, RW);
    fails("EINVAL", () -> p.munmap(page(1), -1));
    fails("EINVAL", () -> p.munmap(page(1), -4096));
    fails("EINVAL", () -> p.munmap(0x7fff_ffff_f000L, 0));
    fails("EINVAL", () -> p.munmap(0x7fff_ffff_f000L, 1));
    fails("EINVAL", () -> p.munmap(-4096, 4096));
    p.munmap(0x7fff_ffff_e000L, 4096);
    p.munmap(page(1), 1);
    assertThat(lines()).containsExactly("0-1 rw-p", "2-4 rw-p");
    map(8, 10, RW);
    p.munmap(page(3), bytes(6));
    assertThat(lines()).containsExactly("0-1 rw-p", "2-3 rw-p", "9-10 rw-p");
  }

  @Test
  void mprotect_checks_start_then_length_then_bits_then_mappings() throws Exception {
    map(0, 4, RW);
    fails("EINVAL", () -> p.mprotect(BASE + 1, 0, R));
    p.mprotect(BASE, 0, 0x100);
    fails("ENOMEM", () -> p.mprotect(BASE, -4096, 0x100));
    fails("EINVAL", () -> p.mprotect(page(50), 4096, 0x100));
    fails("ENOMEM", () -> p.mprotect(BASE, -1, R));
    fails("ENOMEM", () -> p.mprotect(-16384, 4096, R));
    assertThat(lines()).containsExactly("0-4 rw-p");
    p.mprotect(BASE, 4096, 8 | R); // PROT_SEM
    assertThat(lines()).containsExactly("0-1 r--p", "1-4 rw-p");
    p.mprotect(page(1), 1, R);
    assertThat(lines()).containsExactly("0-2 r--p", "2-4 rw-p");
  }

  @Test
  void mprotect_of_more_than_there_can_be_changes_what_there_is() throws Exception {
    map(0, 4, RW);
    fails("ENOMEM", () -> p.mprotect(BASE, TOP_BIT, R));
    assertThat(lines()).containsExactly("0-4 r--p");
  }

  @Test
  void mprotect_changes_all_up_to_a_hole_and_joins_what_it_made_alike() throws Exception {
    map(0, 2, RW);
    map(2, 4, R);
    map(6, 8, RW);
    fails("ENOMEM", () -> p.mprotect(page(1), bytes(7), 0));
    assertThat(lines()).containsExactly("0-1 rw-p", "1-4 ---p", "6-8 rw-p");
  }

  @Test
  void madvise_wraps_at_the_top_of_all_addresses_not_at_half() throws Exception {
    map(0, 4, RW);
    fails("EINVAL", () -> p.madvise(BASE + 1, 0, Advice.DONTNEED));
    fails("EINVAL", () -> p.madvise(BASE, -4096, Advice.DONTFORK));
    fails("EINVAL", () -> p.madvise(-8192, 8192, Advice.DONTFORK));
    fails("ENOMEM", () -> p.madvise(-8192, 4096, Advice.DONTFORK));
    fails("ENOMEM", () -> p.madvise(-8192, 4096, Advice.POPULATE_READ));
    assertThat(lines()).containsExactly("0-4 rw-p");
    fails("ENOMEM", () -> p.madvise(BASE, TOP_BIT, Advice.DONTFORK));
    assertThat(lines()).containsExactly("0-4 rw-p dc");
    p.madvise(page(1), 1, Advice.DOFORK);
    assertThat(lines()).containsExactly("0-1 rw-p dc", "1-2 rw-p", "2-4 rw-p dc");
  }

  @Test
  void madvise_tells_of_a_refusal_rather_than_of_a_hole_and_stops_there() throws Exception {
    map(0, 2, RW);
    map(4, 6, RW);
    map(8, 9, RW);
    p.writeByte(page(0), (byte) 1);
    p.writeByte(page(8), (byte) 1);
    p.mlock(page(4), bytes(2));
    fails("EINVAL", () -> p.madvise(BASE, bytes(9), Advice.DONTNEED));
    assertThat(resident()).as("the locked ones and the last").isEqualTo(3);
    fails("EINVAL", () -> p.madvise(page(4), bytes(5), Advice.DONTNEED));
    assertThat(resident()).isEqualTo(3);
  }

  @Test
  void madvise_for_guards_stops_at_locked_memory_and_crosses_holes() throws Exception {
    map(0, 6, RW);
    p.writeByte(page(0), (byte) 1);
    p.writeByte(page(5), (byte) 1);
    p.mlock(page(2), bytes(2));
    fails("EINVAL", () -> p.madvise(BASE, bytes(6), Advice.GUARD_INSTALL));
    assertThat(resident()).isEqualTo(3);
    fails("SIGSEGV", () -> p.touch(page(1)));
    p.touch(page(4));
    p.madvise(BASE, bytes(6), Advice.GUARD_REMOVE);
    p.touch(page(1));
    map(8, 10, RW);
    fails("ENOMEM", () -> p.madvise(page(4), bytes(6), Advice.GUARD_INSTALL));
    fails("SIGSEGV", () -> p.touch(page(9)));
  }

  @Test
  void madvise_for_wiping_stops_at_shared_memory_for_merging_does_not() throws Exception {
    map(0, 2, RW);
    shared(2, 4);
    map(4, 6, RW);
    fails("EINVAL", () -> p.madvise(BASE, bytes(6), Advice.WIPEONFORK));
    assertThat(lines()).containsExactly("0-2 rw-p wf", "2-4 rw-s", "4-6 rw-p");
    p.madvise(BASE, bytes(6), Advice.KEEPONFORK);
    p.madvise(BASE, bytes(6), Advice.MERGEABLE);
    assertThat(lines()).containsExactly("0-2 rw-p mg", "2-4 rw-s", "4-6 rw-p mg");
  }

  @Test
  void populating_stops_at_a_hole_at_forbidden_pages_and_at_guards() throws Exception {
    map(0, 2, RW);
    map(2, 4, 0);
    fails("EINVAL", () -> p.madvise(BASE, bytes(4), Advice.POPULATE_READ));
    assertThat(resident()).isZero();
    fails("EINVAL", () -> p.madvise(BASE, bytes(4), Advice.POPULATE_WRITE));
    assertThat(resident()).isEqualTo(2);
    map(10, 12, R);
    fails("EINVAL", () -> p.madvise(page(10), bytes(2), Advice.POPULATE_WRITE));
    map(20, 22, 2);
    fails("EINVAL", () -> p.madvise(page(20), bytes(2), Advice.POPULATE_READ));
    map(30, 32, RW);
    map(34, 36, RW);
    fails("ENOMEM", () -> p.madvise(page(30), bytes(6), Advice.POPULATE_WRITE));
    assertThat(resident()).isEqualTo(4);
    p.madvise(page(35), 4096, Advice.GUARD_INSTALL);
    fails("EFAULT", () -> p.madvise(page(34), bytes(2), Advice.POPULATE_WRITE));
    assertThat(resident()).isEqualTo(5);
    fails("EFAULT", () -> p.madvise(page(34), bytes(2), Advice.POPULATE_READ));
  }

  @Test
  void mlock_wraps_at_the_top_of_all_addresses_and_takes_minus_one_for_nothing() throws Exception {
    map(0, 4, RW);
    p.mlock(BASE, 0);
    p.mlock(BASE, -1);
    fails("EINVAL", () -> p.mlock(BASE, -4096));
    fails("ENOMEM", () -> p.mlock(page(50), 4096));
    fails("ENOMEM", () -> p.mlock(-32768, 4096));
    assertThat(lines()).containsExactly("0-4 rw-p");
    fails("ENOMEM", () -> p.mlock(BASE, TOP_BIT));
    assertThat(lines()).containsExactly("0-4 rw-p lo");
    assertThat(resident()).as("nothing is populated then").isZero();
    fails("ENOMEM", () -> p.munlock(BASE, TOP_BIT));
    assertThat(lines()).containsExactly("0-4 rw-p");
    p.mlock(BASE + 4095, 2);
    assertThat(lines()).containsExactly("0-2 rw-p lo", "2-4 rw-p");
    assertThat(resident()).isEqualTo(2);
  }

  @Test
  void mlock_locks_up_to_a_hole_and_all_that_may_not_be_read() throws Exception {
    map(0, 2, RW);
    map(4, 6, RW);
    fails("ENOMEM", () -> p.mlock(BASE, bytes(6)));
    assertThat(lines()).containsExactly("0-2 rw-p lo", "4-6 rw-p");
    assertThat(p.mm().lockedVm).isEqualTo(2);
    assertThat(resident()).isZero();
    map(2, 4, 0);
    fails("ENOMEM", () -> p.mlock(BASE, bytes(6)));
    assertThat(lines()).containsExactly("0-2 rw-p lo", "2-4 ---p lo", "4-6 rw-p lo");
    assertThat(resident()).as("up to the first that may not be read").isEqualTo(2);
    p.munmap(page(2), bytes(2));
    fails("ENOMEM", () -> p.munlock(BASE, bytes(6)));
    assertThat(lines()).containsExactly("0-2 rw-p", "4-6 rw-p lo");
  }

  @Test
  void mlock_populates_by_what_may_be_done_and_stops_at_a_guard() throws Exception {
    map(0, 2, 2);
    map(10, 12, 4);
    map(20, 22, R);
    p.mlock(page(0), bytes(2));
    assertThat(resident()).as("written").isEqualTo(2);
    p.mlock(page(10), bytes(2));
    p.mlock(page(20), bytes(2));
    assertThat(resident()).as("the zero page").isEqualTo(2);
    map(30, 36, RW);
    p.madvise(page(32), 4096, Advice.GUARD_INSTALL);
    fails("ENOMEM", () -> p.mlock(page(30), bytes(6)));
    assertThat(lines()).contains("30-36 rw-p lo");
    assertThat(resident()).isEqualTo(4);
  }
}
