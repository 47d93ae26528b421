// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.kit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.samepage.ksm.scan.KsmScanner;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.state.KsmState;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;

/**
 * What a scan strategy promises: which pages it finds, and what it does with them under which lock.
 */
public abstract class ScanStrategyContract extends ScanPagesContract {
  /** Whether the strategy walks ranges of tables, so that a walk can fail. */
  protected boolean walksRanges() {
    return true;
  }

  @Test
  public void the_reference_is_taken_before_the_table_is_unlocked() {
    try (KitWorld w = world()) {
      Mm mm = w.mm();
      VmArea vma = w.map(mm, 0, 8, true);
      int page = w.populate(vma, 5, 1);
      int alone = w.folios().folioRefCount(page);
      List<Integer> references = new ArrayList<>();
      w.watch.onTableUnlocked = () -> references.add(w.folios().folioRefCount(page));
      ScanHit hit = new ScanHit();
      mm.mmapLock.readLock();
      assertThat(w.get(strategy()).nextPage(mm, w.cursor(), hit)).isTrue();
      mm.mmapLock.readUnlock();
      assertThat(references.getLast()).isEqualTo(alone + 1);
      assertThat(w.work().folioGets).isEqualTo(1);
    }
  }

  @Test
  public void a_walk_that_fails_is_reported_once_and_leaves_the_cursor_at_the_end_of_the_vma() {
    assumeThat(walksRanges()).as("it walks no ranges").isTrue();
    try (KitWorld w = KitWorld.scanning(strategy(), true)) {
      Mm mm = w.mm();
      VmArea vma = w.map(mm, 0, 8, true);
      w.populate(vma, 5, 1);
      for (int i = 0; i < 3; i++) {
        assertThat(candidates(w, mm)).isEmpty();
        assertThat(w.cursor().address).isEqualTo(vma.vmEnd);
      }
      assertThat(w.log().reports()).extracting(r -> r.kind()).containsExactly("warn_once");
    }
  }

  @Test
  public void each_candidate_is_flushed_once_after_the_unlock_and_before_its_checksum() {
    try (KitWorld w = world()) {
      Mm mm = w.mm();
      VmArea vma = w.map(mm, 0, 8, true);
      for (int i = 0; i < 4; i++) {
        w.populate(vma, 2L * i, 10 + i);
      }
      w.enter(mm);
      WorkCounters work = w.work();
      w.watch.onTableUnlocked =
          () ->
              assertThat(work.cacheFlushes)
                  .as("none under the lock, none left out")
                  .isBetween(2 * (work.folioGets - 1), 2 * work.folioGets);
      var _ = w.get(KsmScanner.class); // built before, as that hashes the zero page
      w.beforeHash = () -> assertThat(work.cacheFlushes).isEqualTo(2 * work.folioGets);
      w.batch();
      assertThat(work.folioGets).isEqualTo(4);
      assertThat(work.cacheFlushes).isEqualTo(8);
    }
  }

  @Test
  public void every_reference_is_dropped_on_a_hit_a_skip_and_a_missing_item() {
    try (KitWorld w = world()) {
      Mm mm = w.mm();
      VmArea vma = w.map(mm, 0, 8, true);
      for (int i = 0; i < 4; i++) {
        w.populate(vma, 2L * i, 10 + i);
      }
      w.enter(mm);
      w.noMemoryForItems = true;
      w.batch();
      assertThat(w.work().folioGets).isEqualTo(1).isEqualTo(w.work().folioPuts);
      assertThat(w.cursor().address).as("to be tried again").isEqualTo(KitWorld.address(0));
      assertThat(w.get(KsmState.class).caches.rmapItem.activeObjects()).isZero();
      w.noMemoryForItems = false;
      for (int pass = 0; pass < 6; pass++) {
        w.batch();
      }
      assertThat(w.get(KsmState.class).ksmPagesSkipped).as("pass 5").isEqualTo(4);
      assertThat(w.work().folioGets).isEqualTo(1 + 6 * 4).isEqualTo(w.work().folioPuts);
    }
  }

  @Test
  public void an_mm_that_exits_during_the_walk_gives_no_page_more_and_leaves_the_list() {
    try (KitWorld w = world()) {
      Mm mm = w.mm();
      VmArea vma = w.map(mm, 0, 4000, true);
      VmArea next = w.map(mm, 5000, 10, true);
      for (int i = 0; i < 4; i++) {
        w.populate(vma, 1000L * i, 10 + i);
      }
      w.populate(next, 5001, 1);
      w.enter(mm);
      w.watch.onResched =
          () -> {
            if (w.work().folioGets == 2) {
              mm.mmUsers.set(0);
            }
          };
      w.batch();
      assertThat(w.work().folioGets).isEqualTo(2).isEqualTo(w.work().folioPuts);
      assertThat(w.cursor().address).isZero();
      assertThat(w.get(KsmSlots.class).isEmpty()).isTrue();
      assertThat(w.get(KsmState.class).ksmRmapItems).isZero();
    }
  }
}
