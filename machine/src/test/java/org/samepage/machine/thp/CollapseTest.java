// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.write;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.UserfaultfdCtx;

/** MADV_COLLAPSE. What succeeds, and what fails with which errno, was seen on Linux 6.18.44. */
final class CollapseTest extends ThpBed {
  private UserProcess plain(long huge) throws SyscallException {
    UserProcess p = machine.newProcess();
    p.mmap(BASE, huge * HUGE, RW, true);
    return p;
  }

  private static void collapse(UserProcess p, long from, long pages) throws SyscallException {
    p.madvise(page(from), bytes(pages), Advice.COLLAPSE);
  }

  private static void fails(String error, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  @Test
  void it_copies_what_is_there_and_adds_zeros() throws Exception {
    UserProcess p = plain(2);
    for (int i = 0; i < 100; i++) {
      write(p, i, i);
    }
    long tables = p.mm().pgTables.pgtablesBytes();
    collapse(p, 0, 512);
    assertThat(isHuge(p, 0)).isTrue();
    assertThat(pmd(p, 0) & ~Pmd.PFN_MASK).isEqualTo(0x8000_0000_0000_00e7L);
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(512);
    assertThat(p.mm().pgTables.pgtablesBytes()).as("the table waits below").isEqualTo(tables);
    holds(p, 0, 100);
    byte[] seen = new byte[4096];
    p.readPage(page(300), seen);
    assertThat(seen).containsOnly(0);
    p.munmap(page(300), 4096);
    holds(p, 0, 100);
  }

  @Test
  void it_heeds_neither_enabled_nor_young_but_nohugepage() throws Exception {
    assertThat(machine.thp().sysfs().store("enabled", "never")).isZero();
    UserProcess p = plain(1);
    write(p, 0, 0);
    collapse(p, 0, 512);
    assertThat(isHuge(p, 0)).isTrue();
    UserProcess q = plain(1);
    write(q, 0, 0);
    q.madvise(BASE, HUGE, Advice.NOHUGEPAGE);
    fails("EINVAL", () -> collapse(q, 0, 512));
  }

  /** Linux 6.12 and 6.18; 7.2 says 0 of both. */
  @Test
  void a_range_that_no_boundary_is_in_fails_and_one_that_only_meets_a_boundary_does_not()
      throws Exception {
    UserProcess p = plain(2);
    write(p, 0, 0);
    write(p, 512, 1);
    fails("EINVAL", () -> collapse(p, 489, 4));
    fails("EINVAL", () -> collapse(p, 1, 510));
    collapse(p, 500, 12);
    collapse(p, 500, 24);
    collapse(p, 512, 3);
    assertThat(isHuge(p, 0)).isFalse();
    assertThat(isHuge(p, 512)).isFalse();
  }

  @Test
  void a_huge_page_that_is_there_counts_as_done() throws Exception {
    UserProcess p = filled(2);
    int folio = folio(p, 0);
    collapse(p, 0, 1024);
    assertThat(folio(p, 0)).isEqualTo(folio);
  }

  @Test
  void a_table_without_pages_will_do_but_not_no_table() throws Exception {
    UserProcess p = plain(3);
    fails("EINVAL", () -> collapse(p, 0, 512)); // nothing was ever written
    write(p, 0, 0);
    write(p, 512, 1);
    p.madvise(page(512), 4096, Advice.DONTNEED);
    collapse(p, 512, 512);
    assertThat(isHuge(p, 512)).isTrue();
    fails("EINVAL", () -> collapse(p, 0, 1536));
    assertThat(isHuge(p, 0)).as("what came before was done").isTrue();
  }

  @Test
  void where_there_is_no_table_it_stops() throws Exception {
    UserProcess p = plain(2);
    write(p, 512, 1);
    fails("EINVAL", () -> collapse(p, 0, 1024));
    assertThat(isHuge(p, 512)).isFalse();
  }

  @Test
  void what_is_not_aligned_is_passed_over() throws Exception {
    UserProcess p = plain(2);
    write(p, 0, 0);
    collapse(p, 0, 1);
    collapse(p, 256, 512);
    assertThat(isHuge(p, 0)).isFalse();
    collapse(p, 0, 768);
    assertThat(isHuge(p, 0)).isTrue();
  }

  @Test
  void with_a_hole_behind_the_mapped_part_is_done() throws Exception {
    UserProcess p = plain(1);
    write(p, 0, 0);
    fails("ENOMEM", () -> collapse(p, 0, 1024));
    assertThat(isHuge(p, 0)).isTrue();
  }

  @Test
  void pages_that_may_not_be_written_or_touched_are_collapsed_too() throws Exception {
    UserProcess p = plain(1);
    for (int i = 0; i < 512; i++) {
      write(p, i, i);
    }
    p.mprotect(BASE, HUGE, 0);
    collapse(p, 0, 512);
    assertThat(isHuge(p, 0)).isTrue();
    assertThat(pmd(p, 0) & 1).isZero();
    p.mprotect(BASE, HUGE, 1);
    holds(p, 0, 512);
  }

  @Test
  void of_pages_that_a_child_shares_it_makes_copies() throws Exception {
    UserProcess p = plain(1);
    for (int i = 0; i < 512; i++) {
      write(p, i, i);
    }
    UserProcess q = p.fork();
    collapse(p, 0, 512);
    assertThat(smaps(p, 0, "Private_Dirty")).isEqualTo(2048);
    assertThat(isHuge(q, 0)).isFalse();
    p.writeByte(page(3), (byte) 1);
    holds(q, 0, 512);
  }

  @Test
  void a_guard_is_in_the_way_and_the_next_huge_page_is_not_tried() throws Exception {
    UserProcess p = plain(2);
    write(p, 0, 0);
    write(p, 512, 1);
    p.madvise(page(5), 4096, Advice.GUARD_INSTALL);
    fails("EINVAL", () -> collapse(p, 0, 1024));
    assertThat(isHuge(p, 0) || isHuge(p, 512)).isFalse();
    assertThat(pagemap(p, 5)).isEqualTo(0x4400000000000000L);
    TestMachine.check(p, 0, 0);
  }

  @Test
  void a_reference_of_somebody_elses_is_in_the_way_for_now() throws Exception {
    UserProcess p = plain(2);
    write(p, 0, 0);
    write(p, 512, 1);
    int pfn = TestMachine.pfn(p, 0);
    folios.folioGet(pfn);
    fails("EAGAIN", () -> collapse(p, 0, 1024));
    assertThat(isHuge(p, 0)).isFalse();
    assertThat(isHuge(p, 512)).as("the next is tried all the same").isTrue();
    folios.folioPut(pfn);
    TestMachine.check(p, 0, 0);
  }

  @Test
  void small_entries_of_a_large_folio_are_collapsed_into_a_new_one() throws Exception {
    UserProcess p = filled(1);
    int folio = folio(p, 0);
    p.mprotect(page(3), 4096, 1);
    p.mprotect(page(3), 4096, RW);
    assertThat(isHuge(p, 0)).isFalse();
    collapse(p, 0, 512);
    assertThat(isHuge(p, 0)).isTrue();
    assertThat(folio(p, 0)).isNotEqualTo(folio);
    assertThat(folios.folioRefCount(folio)).isZero();
    holds(p, 0, 512);
  }

  @Test
  void trap_22_a_merged_page_is_copied_and_the_merge_goes_stale() throws Exception {
    UserProcess p = plain(1);
    UserProcess q = m.process(4);
    for (int i = 0; i < 4; i++) {
      write(p, i, i);
      write(q, i, i);
    }
    p.madvise(BASE, HUGE, Advice.MERGEABLE);
    q.madvise(BASE, bytes(4), Advice.MERGEABLE);
    m.passes(3);
    assertThat(m.ksm("pages_sharing")).isEqualTo(4);
    collapse(p, 0, 512);
    assertThat(isHuge(p, 0)).isTrue();
    assertThat(m.ksm("pages_sharing")).as("the items are still there").isEqualTo(4);
    holds(p, 0, 4);
    m.passes(1);
    holds(p, 0, 4);
    holds(q, 0, 4);
  }

  @Test
  void a_page_that_was_merged_twice_within_the_range_is_in_its_own_way() throws Exception {
    UserProcess p = plain(1);
    write(p, 0, 7);
    write(p, 1, 7);
    p.madvise(BASE, HUGE, Advice.MERGEABLE);
    m.passes(3);
    assertThat(m.ksm("pages_sharing")).isEqualTo(1);
    fails("EAGAIN", () -> collapse(p, 0, 512));
    assertThat(isHuge(p, 0)).isFalse();
    TestMachine.check(p, 1, 7);
  }

  @Test
  void zero_pages_of_ksm_are_no_longer_counted() throws Exception {
    assertThat(m.store("use_zero_pages", "1")).isZero();
    UserProcess p = plain(1);
    for (int i = 0; i < 8; i++) {
      p.writeByte(page(i), (byte) 0);
    }
    write(p, 8, 1);
    p.madvise(BASE, HUGE, Advice.MERGEABLE);
    m.passes(2);
    assertThat(m.ksm("ksm_zero_pages")).isEqualTo(8);
    collapse(p, 0, 512);
    assertThat(m.ksm("ksm_zero_pages")).isZero();
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(512);
  }

  @Test
  void pages_on_the_swap_device_are_brought_back() throws Exception {
    try (TestMachine s = TestMachine.boot("linux-6.18", "machine.swap=64")) {
      UserProcess p = s.machine.newProcess();
      p.mmap(BASE, HUGE, RW, true);
      for (int i = 0; i < 4; i++) {
        write(p, i, i);
      }
      p.swapOut(BASE, bytes(2));
      assertThat(p.mm().rssStat.get(Mm.MM_SWAPENTS)).isEqualTo(2);
      collapse(p, 0, 512);
      assertThat(isHuge(p, 0)).isTrue();
      assertThat(p.mm().rssStat.get(Mm.MM_SWAPENTS)).isZero();
      holds(p, 0, 4);
    }
  }

  @Test
  void what_userfaultfd_protects_stays_small() throws Exception {
    UserProcess p = plain(1);
    for (int i = 0; i < 512; i++) {
      write(p, i, i);
    }
    p.uffdRegister(new UserfaultfdCtx(UserfaultfdCtx.UFFD_FEATURE_SIGBUS), BASE, HUGE);
    p.uffdWriteProtect(page(3), 4096, true);
    fails("EINVAL", () -> collapse(p, 0, 512));
    p.uffdWriteProtect(page(3), 4096, false);
    collapse(p, 0, 512);
    assertThat(isHuge(p, 0)).isTrue();
  }

  @Test
  void without_a_block_of_frames_there_is_no_memory() throws Exception {
    try (TestMachine small = TestMachine.boot("linux-6.18", "machine.memory=3M")) {
      UserProcess p = small.machine.newProcess();
      p.mmap(BASE, 2 * HUGE, RW, true);
      p.madvise(page(512), HUGE, Advice.HUGEPAGE);
      p.writeByte(page(512), (byte) 1); // the only block
      for (int i = 0; i < 200; i++) {
        write(p, i, i);
      }
      fails("ENOMEM", () -> collapse(p, 0, 512));
      holds(p, 0, 200);
    }
  }
}
