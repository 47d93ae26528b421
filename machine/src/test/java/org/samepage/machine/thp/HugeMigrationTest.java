// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.write;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.migrate.MovePages;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.sched.FreeRunning;

/** Large folios that move to other frames. */
final class HugeMigrationTest extends ThpBed {
  @Test
  void a_huge_page_moves_whole_for_all_who_map_it() throws Exception {
    UserProcess p = filled(1);
    UserProcess q = p.fork();
    q.writeByte(page(5), (byte) 9); // q maps it by small entries
    int folio = folio(p, 0);
    long word = pmd(p, 0) & ~Pmd.PFN_MASK;
    p.migrateWithinNode(BASE, HUGE);
    int moved = folio(p, 0);
    assertThat(moved).isNotEqualTo(folio);
    assertThat(pmd(p, 0) & ~Pmd.PFN_MASK).isEqualTo(word);
    assertThat(pfn(q, 6)).isEqualTo(moved + 6);
    assertThat(folios.folioRefCount(folio)).isZero();
    assertThat(folios.folioEntireMapcount(moved)).isEqualTo(1);
    assertThat(folios.folioMapcount(moved)).isEqualTo(512);
    holds(p, 0, 512);
    holds(q, 6, 512);
  }

  @Test
  void one_that_is_ones_own_stays_so_and_writable() throws Exception {
    UserProcess p = filled(1);
    p.migrateWithinNode(page(3), 4096);
    assertThat(folios.pageAnonExclusive(folio(p, 0))).isTrue();
    assertThat(pmd(p, 0) & ~Pmd.PFN_MASK).isEqualTo(0x8000_0000_0000_00e7L);
  }

  @Test
  void one_that_is_mapped_in_part_is_split_and_its_pages_move() throws Exception {
    UserProcess p = filled(1);
    int folio = folio(p, 0);
    p.munmap(page(1), 4096);
    p.migrateWithinNode(BASE, 4096);
    assertThat(folios.folioTestLarge(folio)).isFalse();
    assertThat(pfn(p, 0)).isNotEqualTo(folio);
    TestMachine.check(p, 0, 0);
    holds(p, 2, 512);
  }

  /** Runs something once, at the next place where others may run. */
  private static final class Interrupted extends FreeRunning {
    private @Nullable Runnable once;

    @Override
    protected void reschedHook() {
      Runnable now = once;
      once = null;
      if (now != null) {
        now.run();
      }
    }
  }

  @Test
  void one_of_which_a_part_goes_just_before_it_moves_waits_to_be_split_there() throws Exception {
    Interrupted sched = new Interrupted();
    try (TestMachine machine = TestMachine.boot(sched, "linux-6.18")) {
      UserProcess p = machine.machine.newProcess();
      p.mmap(BASE, HUGE, RW, true);
      p.madvise(BASE, HUGE, Advice.HUGEPAGE);
      write(p, 0, 0);
      int folio = folio(p, 0);
      sched.once =
          () -> {
            try {
              p.munmap(page(1), 4096);
            } catch (SyscallException e) {
              throw new IllegalStateException(e);
            }
          };
      p.migrateWithinNode(BASE, 4096);
      Folios there = machine.machine.memory().folios();
      int moved = pfn(p, 0);
      assertThat(moved).isNotEqualTo(folio);
      assertThat(there.folioTestLarge(moved)).as("it was whole when it was asked").isTrue();
      assertThat(there.deferredSplit().folioTestPartiallyMapped(moved)).isTrue();
      assertThat(there.deferredSplit().isQueued(folio)).isFalse();
      assertThat(machine.machine.thp().deferredSplit().deferredSplitScan()).isEqualTo(1);
      assertThat(there.folioTestLarge(moved)).isFalse();
      TestMachine.check(p, 0, 0);
    }
  }

  @Test
  void a_reference_of_somebody_elses_keeps_it_where_it_is() throws Exception {
    UserProcess p = filled(1);
    int folio = folio(p, 0);
    folios.folioGet(folio);
    assertThat(catchBusy(() -> p.migrateWithinNode(BASE, 4096))).isTrue();
    assertThat(folio(p, 0)).isEqualTo(folio);
    folios.folioPut(folio);
    holds(p, 0, 512);
  }

  private interface Call {
    void run() throws Exception;
  }

  private static boolean catchBusy(Call call) throws Exception {
    try {
      call.run();
      return false;
    } catch (SyscallException e) {
      return e.error().equals("EBUSY");
    }
  }

  @Test
  void move_pages_takes_it_to_another_node_by_any_of_its_pages() throws Exception {
    try (TestMachine two = TestMachine.boot("linux-6.18", "machine.nodes=2")) {
      UserProcess p = two.machine.newProcess();
      p.mmap(BASE, HUGE, RW, true);
      p.madvise(BASE, HUGE, Advice.HUGEPAGE);
      for (int i = 0; i < 512; i++) {
        write(p, i, i);
      }
      int[] status = new int[2];
      p.movePages(
          new long[] {page(7), page(300)}, new int[] {1, 1}, status, MovePages.MPOL_MF_MOVE);
      assertThat(status).as("by its second page it is busy already").containsExactly(1, -16);
      assertThat(isHuge(p, 0)).isTrue();
      assertThat(two.machine.memory().allocator().pfnToNid(folio(p, 0))).isEqualTo(1);
      holds(p, 0, 512);
    }
  }

  @Test
  void the_huge_page_of_zeros_moves_nowhere() throws Exception {
    UserProcess p = advised(1);
    p.touch(page(0));
    int[] status = new int[1];
    p.movePages(new long[] {page(7)}, null, status, 0);
    assertThat(status).containsExactly(-14);
  }

  @Test
  void frames_of_it_can_be_taken_out() throws Exception {
    UserProcess p = filled(1);
    int folio = folio(p, 0);
    p.offline(page(3), 4096 * 2);
    assertThat(folio(p, 0)).isNotEqualTo(folio);
    assertThat(machine.memory().allocator().pagesIsolated()).isEqualTo(2);
    holds(p, 0, 512);
  }
}
