// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.write;

import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mremap;

/** mseal, as upstream's mseal_test has it. */
final class MsealTest extends MappingTestBase {
  private static final int READ = 1;

  private void seal(long from, long to) throws SyscallException {
    p.mseal(page(from), bytes(to - from), 0);
  }

  @Test
  void a_sealed_part_is_a_mapping_of_its_own_until_its_neighbours_are_sealed_too()
      throws Exception {
    map(0, 6, RW);
    seal(2, 4);
    assertThat(lines()).hasSize(3);
    seal(2, 4);
    assertThat(lines()).hasSize(3);
    seal(0, 6);
    assertThat(lines()).hasSize(1);
  }

  @Test
  void nothing_sealed_is_unmapped_moved_or_given_another_protection() throws Exception {
    map(0, 6, RW);
    write(p, 3, 3);
    seal(2, 4);
    fails("EPERM", () -> p.munmap(page(1), bytes(2)));
    fails("EPERM", () -> p.munmap(page(3), bytes(1)));
    fails("EPERM", () -> p.mprotect(page(2), bytes(1), READ));
    fails("EPERM", () -> remap(3, 1, 1, Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED, 100));
    fails("EPERM", () -> remap(3, 1, 2, Mremap.MREMAP_MAYMOVE, 0));
    fails("EPERM", () -> remap(2, 2, 1, 0, 0));
    fails("EPERM", () -> remap(0, 1, 1, Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED, 3));
    check(p, 3, 3);
    p.munmap(page(4), bytes(2));
  }

  @Test
  void what_may_be_written_may_be_discarded_and_what_may_only_be_read_may_not() throws Exception {
    map(0, 2, RW);
    write(p, 0, 1);
    write(p, 1, 1);
    p.mprotect(page(1), bytes(1), READ);
    seal(0, 2);
    p.madvise(page(0), bytes(1), Advice.DONTNEED);
    fails("EPERM", () -> p.madvise(page(1), bytes(1), Advice.DONTNEED));
    fails("EPERM", () -> p.madvise(page(1), bytes(1), Advice.GUARD_INSTALL));
    fails("EPERM", () -> p.madvise(page(1), bytes(1), Advice.DONTFORK));
    p.madvise(page(1), bytes(1), Advice.MERGEABLE);
    p.madvise(page(1), bytes(1), Advice.RANDOM);
    check(p, 1, 1);
  }

  @Test
  void errors_are_those_of_mseal_and_a_hole_leaves_all_as_it_was() throws Exception {
    map(0, 2, RW);
    map(3, 4, RW);
    fails("EINVAL", () -> p.mseal(page(0), 4096, 1));
    fails("EINVAL", () -> p.mseal(page(0) + 1, 4096, 0));
    fails("EINVAL", () -> p.mseal(page(0), -1, 0));
    fails("ENOMEM", () -> seal(0, 4));
    fails("ENOMEM", () -> seal(-1, 1));
    p.munmap(page(0), bytes(2));
    p.mseal(page(0), 0, 0);
    UserProcess child = p.fork();
    seal(3, 4);
    child.munmap(page(3), bytes(1));
    UserProcess second = p.fork();
    fails("EPERM", () -> second.munmap(page(3), bytes(1)));
  }
}
