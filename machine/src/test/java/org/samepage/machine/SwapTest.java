// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.pte;
import static org.samepage.machine.testing.TestMachine.write;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.samepage.machine.check.MachineChecker;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;

final class SwapTest {
  private static final long PAGE = PageUnits.PAGE_SIZE;

  private static TestMachine boot() {
    return TestMachine.boot("linux-6.18", "machine.swap=64");
  }

  private static void swapOut(UserProcess p, long first, long pages) throws SyscallException {
    p.swapOut(page(first), pages * PAGE);
  }

  private static long swapents(UserProcess p) {
    return p.mm().rssStat.get(Mm.MM_SWAPENTS);
  }

  @Test
  void a_private_page_goes_out_with_an_exclusive_word_and_comes_back_writable() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(4);
      write(a, 0, 7);
      swapOut(a, 0, 1);
      assertThat(pte(a, 0))
          .as("type 0, slot 1, exclusive: A.3.9")
          .isEqualTo(0x07ff_ffff_ffff_fc00L | 8);
      assertThat(swapents(a)).isEqualTo(1);
      assertThat(a.mm().rssStat.get(Mm.MM_ANONPAGES)).isZero();
      assertThat(m.machine.memory().swap().mmlist().contains(a.mm())).isTrue();
      MachineChecker.check(m.machine);
      a.touch(page(0));
      Folios folios = m.machine.memory().folios();
      assertThat(Pte.pteWrite(pte(a, 0))).as("the word said exclusive").isTrue();
      assertThat(Pte.pteDirty(pte(a, 0))).as("a read leaves it clean").isFalse();
      assertThat(folios.pageAnonExclusive(pfn(a, 0))).isTrue();
      assertThat(folios.folioTestSwapcache(pfn(a, 0))).as("and the slot's copy").isTrue();
      check(a, 0, 7);
      assertThat(swapents(a)).isZero();
    }
  }

  @Test
  void a_write_that_brings_a_page_back_takes_it_out_of_the_swap_cache() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(4);
      write(a, 0, 7);
      swapOut(a, 0, 1);
      a.writeByte(page(0), (byte) 1);
      assertThat(m.machine.memory().folios().folioTestSwapcache(pfn(a, 0))).isFalse();
      assertThat(m.machine.memory().swap().device().slotsInUse()).isZero();
      assertThat(Pte.pteDirty(pte(a, 0))).isTrue();
    }
  }

  @Test
  void a_page_that_came_back_unwritten_goes_out_again_with_the_same_contents() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(4);
      write(a, 0, 7);
      for (int i = 0; i < 3; i++) {
        swapOut(a, 0, 1);
        assertThat(swapents(a)).isEqualTo(1);
        check(a, 0, 7);
      }
      write(a, 0, 8);
      swapOut(a, 0, 1);
      check(a, 0, 8);
    }
  }

  @Test
  void a_page_shared_by_fork_leaves_a_word_in_both_and_neither_is_exclusive() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(2);
      write(a, 0, 7);
      UserProcess b = a.fork();
      swapOut(b, 0, 1);
      assertThat(pte(a, 0)).isEqualTo(pte(b, 0)).isEqualTo(0x07ff_ffff_ffff_fc00L);
      assertThat(m.machine.memory().swap().device().swapCountRaw(pte(a, 0))).isEqualTo(2);
      check(a, 0, 7);
      assertThat(Pte.pteWrite(pte(a, 0))).as("the other still has a word").isFalse();
      check(b, 0, 7);
      assertThat(pfn(b, 0)).as("both map the copy in the swap cache").isEqualTo(pfn(a, 0));
      write(a, 0, 8);
      check(b, 0, 7);
    }
  }

  @Test
  void fork_counts_words_and_takes_the_parents_exclusive_bit() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(2);
      write(a, 0, 7);
      swapOut(a, 0, 1);
      UserProcess b = a.fork();
      assertThat(SwapEntry.pteSwpExclusive(pte(a, 0))).isFalse();
      assertThat(pte(b, 0)).isEqualTo(pte(a, 0));
      assertThat(swapents(b)).isEqualTo(1);
      assertThat(m.machine.memory().swap().mmlist().contains(b.mm())).isTrue();
      MachineChecker.check(m.machine);
      write(b, 0, 9);
      check(a, 0, 7);
      b.exit();
      assertThat(m.machine.memory().swap().mmlist().contains(b.mm())).isFalse();
      write(a, 0, 10);
      assertThat(m.machine.memory().swap().device().slotsInUse()).isZero();
    }
  }

  @Test
  void unmapping_and_exit_let_go_of_slots() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(8);
      for (int i = 0; i < 8; i++) {
        write(a, i, i);
      }
      swapOut(a, 0, 8);
      a.touch(page(7)); // a copy in the cache, which goes with its last mapping
      a.madvise(page(0), PAGE, Advice.DONTNEED);
      a.munmap(page(1), PAGE);
      assertThat(swapents(a)).isEqualTo(5);
      MachineChecker.check(m.machine);
      a.munmap(page(7), PAGE);
      assertThat(m.machine.memory().swap().device().slotsInUse()).isEqualTo(5);
      a.exit();
      assertThat(m.machine.memory().swap().device().slotsInUse()).isZero();
    }
  }

  @Test
  void words_move_with_mremap_and_survive_mprotect() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(4);
      for (int i = 0; i < 4; i++) {
        write(a, i, i);
      }
      swapOut(a, 0, 4);
      a.mprotect(BASE, 4 * PAGE, 1);
      int flags = Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED;
      a.mremap(BASE, 4 * PAGE, 4 * PAGE, flags, page(100));
      MachineChecker.check(m.machine);
      for (int i = 0; i < 4; i++) {
        check(a, 100 + i, i);
        assertThat(Pte.pteWrite(pte(a, 100 + i))).as("read-only now").isFalse();
      }
      a.mprotect(page(100), 4 * PAGE, 3);
      write(a, 101, 55);
      check(a, 102, 2);
    }
  }

  @Test
  void a_merged_page_leaves_one_slot_and_comes_back_as_copies() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.mergeable(16);
      for (int i = 0; i < 16; i++) {
        write(a, i, 0x77);
      }
      m.passes(3);
      assertThat(m.ksm("pages_sharing")).isEqualTo(15);
      swapOut(a, 3, 1);
      assertThat(swapents(a)).as("all of its mappings").isEqualTo(16);
      assertThat(m.machine.memory().swap().device().slotsInUse()).isEqualTo(1);
      assertThat(m.machine.memory().swap().device().swapCountRaw(pte(a, 0))).isEqualTo(16);
      Set<Integer> frames = new HashSet<>();
      for (int i = 0; i < 16; i++) {
        check(a, i, 0x77);
        frames.add(pfn(a, i));
      }
      assertThat(frames).hasSize(16);
      assertThat(m.machine.ksm().folios().ksmSwpinCopy())
          .as("measured on Linux 6.18: the first re-uses, the others copy")
          .isEqualTo(15);
      assertThat(a.mm().ksmMergingPages).as("until the next pass").isEqualTo(16);
      MachineChecker.check(m.machine);
      m.passes(3);
      assertThat(m.ksm("pages_sharing")).isEqualTo(15);
    }
  }

  @Test
  void what_cannot_go_stays_and_says_why() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18", "machine.swap=2")) {
      UserProcess a = m.process(4);
      for (int i = 0; i < 3; i++) {
        write(a, i, i);
      }
      a.mlock(page(2), PAGE);
      assertThatThrownBy(() -> swapOut(a, 2, 1)).hasMessageContaining("EBUSY");
      check(a, 2, 2);
      swapOut(a, 0, 1);
      assertThatThrownBy(() -> swapOut(a, 1, 1))
          .as("2 pages: the header and one slot")
          .hasMessageContaining("ENOSPC");
      check(a, 1, 1);
      check(a, 0, 0);
    }
  }

  @Test
  void a_machine_without_swap_swaps_nothing_out() throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18")) {
      UserProcess a = m.process(1);
      write(a, 0, 1);
      assertThatThrownBy(() -> swapOut(a, 0, 1)).hasMessageContaining("ENOSPC");
      swapOut(m.process(1), 0, 1); // nothing there
    }
  }

  @Test
  void swapping_out_passes_over_pages_that_are_not_there() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(4);
      write(a, 3, 3);
      a.touch(page(0)); // the zero page
      swapOut(a, 0, 4);
      assertThat(swapents(a)).isEqualTo(1);
      assertThat(Pte.ptePresent(pte(a, 0))).isTrue();
    }
  }

  @Test
  void a_shared_swap_word_of_an_exited_parent_finds_its_page_at_the_root() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(1);
      write(a, 0, 5);
      UserProcess b = a.fork();
      UserProcess c = b.fork();
      swapOut(c, 0, 1);
      b.touch(page(0)); // new folio, not exclusive: mapped at the root
      c.touch(page(0));
      assertThat(pfn(c, 0)).isEqualTo(pfn(b, 0));
      assertThat(m.machine.memory().folios().folioRawMapping(pfn(b, 0)))
          .isSameAs(a.mm().vmas.get(0).anonVma);
      swapOut(b, 0, 1);
      assertThat(swapents(c)).as("the walk finds both").isEqualTo(1);
      check(a, 0, 5);
    }
  }

  @Test
  void smaps_counts_what_is_swapped_out_and_divides_it_among_those_who_share() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(4);
      write(a, 0, 7);
      write(a, 1, 8);
      swapOut(a, 0, 2);
      assertThat(smaps(m, a)).contains("Swap:                  8 kB\nSwapPss:               8 kB");
      UserProcess b = a.fork();
      assertThat(smaps(m, a)).contains("Swap:                  8 kB\nSwapPss:               4 kB");
      assertThat(smaps(m, b)).contains("Swap:                  8 kB\nSwapPss:               4 kB");
      a.touch(page(0));
      assertThat(smaps(m, a)).contains("Swap:                  4 kB\nSwapPss:               2 kB");
    }
  }

  private static String smaps(TestMachine m, UserProcess p) throws SyscallException {
    return m.machine.proc().read("/proc/" + p.pid() + "/smaps");
  }
}
