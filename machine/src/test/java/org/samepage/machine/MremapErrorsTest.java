// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.mmap.Mremap.MREMAP_DONTUNMAP;
import static org.samepage.machine.mmap.Mremap.MREMAP_FIXED;
import static org.samepage.machine.mmap.Mremap.MREMAP_MAYMOVE;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;

import org.junit.jupiter.api.Test;

/**
 * Which of several errors mremap tells, and what it has done by then. All that is expected here was
 * seen on Linux 6.18.44, by a C program that makes the same calls at the same places.
 */
final class MremapErrorsTest extends MappingTestBase {
  private static final int FIXED = MREMAP_MAYMOVE | MREMAP_FIXED;
  private static final int DONTUNMAP = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
  private static final int R = 1;
  private static final long GIANT = 0x2000_0000_0000L;

  @Test
  void mremap_checks_parameters_before_it_looks_for_the_mapping() throws Exception {
    fails("EINVAL", () -> remap(0, 1, 1, 8, 0));
    fails("EINVAL", () -> remap(0, 1, 0, MREMAP_MAYMOVE, 0));
    fails("EINVAL", () -> p.mremap(BASE + 1, 4096, 4096, MREMAP_MAYMOVE, 0));
    fails("EFAULT", () -> remap(0, 1, 1, 0, 0));
    fails("EFAULT", () -> remap(0, 2, 1, 0, 0));
    fails("EFAULT", () -> remap(0, 0, 1, 0, 0));
    map(0, 2, RW);
    fails("EINVAL", () -> p.mremap(BASE, 8192, 8192, FIXED, 0x7fff_ffff_f000L));
    fails("EINVAL", () -> p.mremap(BASE, 8192, 8192, FIXED, -4096));
    fails("EINVAL", () -> remap(0, 2, 2, MREMAP_FIXED, 1));
    assertThat(lines()).containsExactly("0-2 rw-p");
  }

  @Test
  void mremap_of_no_length_duplicates_shared_memory_alone() throws Exception {
    map(0, 4, RW);
    map(20, 22, R);
    fails("EINVAL", () -> remap(0, 0, 1, MREMAP_MAYMOVE, 0));
    fails("EINVAL", () -> remap(0, 0, 1, FIXED, 20));
    fails("EINVAL", () -> p.mremap(BASE, -1, 4096, 0, 0));
    assertThat(lines()).containsExactly("0-4 rw-p", "20-22 r--p");
  }

  @Test
  void mremap_that_shrinks_from_a_length_there_cannot_be_is_refused_by_munmap() throws Exception {
    map(0, 4, RW);
    map(20, 24, R);
    fails("EINVAL", () -> p.mremap(BASE, -4096, 4096, 0, 0));
    fails("EINVAL", () -> p.mremap(BASE, Long.MAX_VALUE, 4096, 0, 0));
    fails("EINVAL", () -> p.mremap(BASE, 0x8000_0000_0000L, 4096, 0, 0));
    assertThat(lines()).containsExactly("0-4 rw-p", "20-24 r--p");
    fails("EINVAL", () -> p.mremap(BASE, -8192, 4096, FIXED, page(20)));
    assertThat(lines()).as("the new place is gone").containsExactly("0-4 rw-p", "21-24 r--p");
    p.mremap(BASE, 0x4000_0000_0000L, 4096, 0, 0);
    assertThat(lines()).as("all that far up").containsExactly("0-1 rw-p");
  }

  @Test
  void mremap_that_shrinks_takes_whatever_is_in_the_old_range() throws Exception {
    map(0, 4, RW);
    map(4, 8, R);
    map(10, 14, RW);
    remap(0, 12, 2, 0, 0);
    assertThat(lines()).containsExactly("0-2 rw-p", "12-14 rw-p");
    map(2, 4, R);
    remap(0, 4, 2, FIXED, 20);
    assertThat(lines()).containsExactly("12-14 rw-p", "20-22 rw-p");
  }

  @Test
  void mremap_to_a_place_empties_it_only_after_the_old_one_was_checked() throws Exception {
    map(0, 4, RW);
    map(4, 8, R);
    map(20, 28, R);
    fails("EFAULT", () -> remap(0, 8, 5, FIXED, 20));
    fails("EFAULT", () -> remap(0, 5, 6, FIXED, 20));
    fails("EFAULT", () -> remap(40, 4, 4, FIXED, 20));
    fails("EFAULT", () -> remap(40, 4, 6, FIXED, 20));
    assertThat(lines()).containsExactly("0-4 rw-p", "4-8 r--p", "20-28 r--p");
  }

  @Test
  void mremap_to_a_place_that_grows_takes_a_part_along() throws Exception {
    map(0, 4, RW);
    map(22, 30, R);
    remap(0, 2, 6, FIXED, 20);
    assertThat(lines()).containsExactly("2-4 rw-p", "20-26 rw-p", "26-30 r--p");
  }

  @Test
  void mremap_of_several_leaves_what_lies_in_the_holes_of_the_new_place() throws Exception {
    map(2, 4, RW);
    map(20, 28, R);
    fails("EFAULT", () -> remap(0, 4, 4, FIXED, 20));
    assertThat(lines()).containsExactly("2-4 rw-p", "20-28 r--p");
    map(6, 8, RW);
    remap(2, 8, 8, FIXED, 20);
    assertThat(lines()).containsExactly("20-22 rw-p", "22-24 r--p", "24-26 rw-p", "26-28 r--p");
  }

  @Test
  void mremap_without_unmapping_lets_untouched_memory_grow_into_its_new_place() throws Exception {
    map(0, 2, RW);
    remap(0, 2, 2, DONTUNMAP, 2);
    assertThat(lines()).as("behind").containsExactly("0-4 rw-p");
    map(12, 14, RW);
    remap(12, 2, 2, DONTUNMAP, 10);
    assertThat(lines()).as("before").containsExactly("0-4 rw-p", "10-14 rw-p");
    map(20, 28, RW);
    remap(26, 2, 2, DONTUNMAP, 28);
    assertThat(lines()).as("a part").containsExactly("0-4 rw-p", "10-14 rw-p", "20-30 rw-p");
    assertThat(p.mm().totalVm).isEqualTo(18);
  }

  @Test
  void mremap_without_unmapping_does_not_join_what_was_written() throws Exception {
    map(0, 2, RW);
    p.writeByte(page(0), (byte) 1);
    remap(0, 2, 2, DONTUNMAP, 2);
    assertThat(lines()).containsExactly("0-2 rw-p", "2-4 rw-p");
    assertThat(resident()).isEqualTo(1);
  }

  @Test
  void mremap_without_unmapping_moves_several_at_once_to_a_fixed_place_alone() throws Exception {
    map(0, 2, RW);
    map(2, 4, R);
    fails("EFAULT", () -> remap(0, 4, 4, DONTUNMAP, 20));
    remap(0, 4, 4, DONTUNMAP | MREMAP_FIXED, 20);
    assertThat(lines()).containsExactly("0-2 rw-p", "2-4 r--p", "20-22 rw-p", "22-24 r--p");
  }

  /** VmLck went 16, 32, 32, 16 kB there: what stays behind is unlocked and counted all the same. */
  @Test
  void mremap_without_unmapping_counts_locked_memory_twice_as_linux_does() throws Exception {
    map(0, 4, RW);
    p.mlock(BASE, bytes(4));
    assertThat(p.mm().lockedVm).isEqualTo(4);
    remap(0, 4, 4, DONTUNMAP, 20);
    assertThat(lines()).containsExactly("0-4 rw-p", "20-24 rw-p lo");
    assertThat(p.mm().lockedVm).isEqualTo(8);
    p.munmap(BASE, bytes(4));
    assertThat(p.mm().lockedVm).isEqualTo(8);
    p.munmap(page(20), bytes(4));
    assertThat(p.mm().lockedVm).isEqualTo(4);
  }

  @Test
  void mremap_without_unmapping_of_a_part_unlocks_all_of_its_mapping() throws Exception {
    map(0, 4, RW);
    p.mlock(BASE, bytes(4));
    remap(0, 2, 2, DONTUNMAP, 20);
    assertThat(lines()).containsExactly("0-4 rw-p", "20-22 rw-p lo");
    assertThat(p.mm().lockedVm).isEqualTo(6);
  }

  @Test
  void mremap_in_place_grows_from_the_end_alone_and_within_what_can_be_promised() throws Exception {
    map(0, 4, RW);
    fails("ENOMEM", () -> remap(0, 2, 3, 0, 0));
    remap(0, 4, 4, 0, 0);
    remap(0, 8, 8, MREMAP_MAYMOVE, 0);
    remap(2, 2, 3, 0, 0);
    assertThat(lines()).containsExactly("0-5 rw-p");
    p.mremap(BASE, bytes(5) - 1, bytes(5) + 1, 0, 0);
    assertThat(lines()).containsExactly("0-6 rw-p");
    p.mmap(page(20), 4096, RW, false);
    fails("ENOMEM", () -> p.mremap(page(20), 4096, GIANT, 0, 0));
  }

  @Test
  void mremap_populates_what_locked_memory_grew_by() throws Exception {
    map(0, 2, RW);
    p.mlock(BASE, bytes(2));
    remap(0, 2, 4, 0, 0);
    assertThat(lines()).containsExactly("0-4 rw-p lo");
    assertThat(resident()).isEqualTo(4);
  }
}
