// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.samepage.ksm.spi.UnmergeStrategy;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** What an unmerge strategy promises. */
public abstract class UnmergeStrategyContract extends StrategyContract<UnmergeStrategy> {
  private static final long PAGES = 2000;

  /** A mapping with merged pages 10, 20, 30 and 1500, and others between them. */
  private static final class Scene implements AutoCloseable {
    final KitWorld w;
    final UnmergeStrategy unmerge;
    final Mm mm;
    final VmArea vma;

    /** The pages that were faulted on, by number. */
    final List<Long> faulted = new ArrayList<>();

    Scene(Class<? extends UnmergeStrategy> strategy) {
      w = KitWorld.unmerging(strategy);
      unmerge = w.get(strategy);
      mm = w.mm();
      vma = w.map(mm, 0, PAGES, true);
      for (long page : new long[] {10, 20, 30, 1500}) {
        w.populateMerged(vma, page);
      }
      w.populate(vma, 11, 7);
      faultsGive(w::unshare);
    }

    void faultsGive(FaultHandler handler) {
      w.faults =
          (vma, addr, flags) -> {
            assertThat(flags)
                .isEqualTo(FaultHandler.FAULT_FLAG_UNSHARE | FaultHandler.FAULT_FLAG_REMOTE);
            w.sched.mightSleep();
            faulted.add(PageUnits.bytesToPages(addr - KitWorld.BASE));
            return handler.handleMmFault(vma, addr, flags);
          };
    }

    int range(long from, long to) {
      mm.mmapLock.writeLock();
      try {
        return unmerge.unmergeRange(vma, KitWorld.address(from), KitWorld.address(to), true);
      } finally {
        mm.mmapLock.writeUnlock();
      }
    }

    @Override
    public void close() {
      w.close();
    }
  }

  @Test
  public void it_unshares_the_merged_pages_of_the_range_and_nothing_else() {
    try (Scene s = new Scene(strategy())) {
      long zero = Pte.pteMkspecial(Pte.pfnPte(Folios.ZERO_PFN, s.vma.vmPageProt));
      s.w.set(s.vma, 21, zero);
      s.w.set(s.vma, 22, Pte.pteMkdirty(zero)); // ksmd's
      assertThat(s.range(15, PAGES)).isZero();
      assertThat(s.faulted).containsExactly(20L, 22L, 30L, 1500L);
    }
  }

  @Test
  public void a_merged_page_that_is_being_moved_is_found_and_found_again_when_it_has_arrived() {
    try (Scene s = new Scene(strategy())) {
      long there = s.w.pte(s.vma, 20);
      int folio = (int) Pte.ptePfn(there);
      s.w.set(s.vma, 20, s.w.get(SwapTypes.class).makeReadableMigrationEntry(folio));
      s.faultsGive((vma, addr, flags) -> {
        if (Pte.ptePresent(s.w.pte(s.vma, 20))) {
          return s.w.unshare(vma, addr, flags);
        }
        s.w.set(s.vma, 20, there); // as after the wait of the fault
        return 0;
      });
      assertThat(s.range(15, 25)).isZero();
      assertThat(s.faulted).containsExactly(20L, 20L);
    }
  }

  @Test
  public void an_entry_that_is_not_present_is_no_zero_page_whatever_its_bits_say() {
    try (Scene s = new Scene(strategy())) {
      long entry = (Pte.PFN_MASK & ~((long) Folios.ZERO_PFN << PageUnits.PAGE_SHIFT)) | Pte.DIRTY;
      assertThat(Pte.ptePfn(entry)).as("inverted").isEqualTo(Folios.ZERO_PFN);
      s.w.set(s.vma, 21, entry);
      assertThat(s.range(15, 25)).isZero();
      assertThat(s.faulted).containsExactly(20L);
    }
  }

  @Test
  public void a_table_that_vanishes_before_its_lock_is_taken_is_passed_over() {
    try (Scene s = new Scene(strategy())) {
      s.w.watch.beforeNext(LockClass.PTE_LOCK, () -> s.w.takeTable(s.vma, 10));
      assertThat(s.range(0, PAGES)).isZero();
      assertThat(s.faulted).containsExactly(1500L);
    }
  }

  @Test
  public void one_page_is_undone_under_a_read_lock_too() {
    try (Scene s = new Scene(strategy())) {
      s.mm.mmapLock.readLock();
      assertThat(s.unmerge.breakPage(s.vma, KitWorld.address(20), false)).isZero();
      assertThat(s.unmerge.breakPage(s.vma, KitWorld.address(21), false)).isZero();
      s.mm.mmapLock.readUnlock();
      assertThat(s.faulted).containsExactly(20L);
    }
  }

  @Test
  public void a_fault_that_backs_off_is_tried_again() {
    try (Scene s = new Scene(strategy())) {
      s.faultsGive((vma, addr, flags) -> s.faulted.size() < 4 ? 0 : s.w.unshare(vma, addr, flags));
      assertThat(s.range(0, 25)).isZero();
      assertThat(s.faulted).containsExactly(10L, 10L, 10L, 10L, 20L);
    }
  }

  @Test
  public void without_memory_it_ends_with_enomem() {
    try (Scene s = new Scene(strategy())) {
      s.faultsGive((vma, addr, flags) -> FaultHandler.VM_FAULT_OOM);
      assertThat(s.range(0, PAGES)).isEqualTo(-Errno.ENOMEM);
      assertThat(s.faulted).containsExactly(10L);
    }
  }

  @Test
  public void a_signal_ends_it_before_the_next_page() {
    try (Scene s = new Scene(strategy())) {
      s.faultsGive((vma, addr, flags) -> {
        s.w.sched.current().setSignalPending(true);
        return s.w.unshare(vma, addr, flags);
      });
      assertThat(s.range(0, PAGES)).isEqualTo(-Errno.ERESTARTSYS);
      assertThat(s.faulted).containsExactly(10L);
    }
  }

  @Test
  public void an_exiting_mm_is_left_alone() {
    try (Scene s = new Scene(strategy())) {
      s.mm.mmUsers.set(0);
      assertThat(s.range(0, PAGES)).isZero();
      assertThat(s.faulted).isEmpty();
    }
  }

  @Test
  public void a_page_whose_fault_fails_with_sigbus_does_not_keep_it_from_those_behind() {
    try (Scene s = new Scene(strategy())) {
      s.faultsGive((vma, addr, flags) ->
          addr == KitWorld.address(20)
              ? FaultHandler.VM_FAULT_SIGBUS
              : s.w.unshare(vma, addr, flags));
      assertThat(s.range(0, PAGES)).isZero();
      assertThat(s.faulted).containsExactly(10L, 20L, 30L, 1500L);
    }
  }
}
