// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.sched.FreeRunning;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

final class FolioWalkTest {
  private static final long BASE = 0x1000_0000_0000L;

  private final TestMemory memory = new TestMemory();
  private final FolioWalk folioWalk =
      new FolioWalk(memory.sched, memory.normalPage, memory.log, SwapTypes.REFERENCE);
  private final Mm mm = memory.mm();
  private final VmArea vma = memory.map(mm, BASE, 1024, TestMemory.RW);

  @BeforeEach
  void lock() {
    mm.mmapLock.readLock();
  }

  @AfterEach
  void close() {
    memory.close();
  }

  @Test
  void finds_a_page_and_holds_its_table_without_a_reference() {
    int pfn = memory.populate(vma, BASE + 0x5000);
    assertThat(folioWalk.folioWalkStart(vma, BASE + 0x5000, 0)).isEqualTo(pfn);
    assertThat(folioWalk.page).isEqualTo(pfn);
    assertThat(folioWalk.pte).isEqualTo(memory.entry(mm, BASE + 0x5000));
    assertThat(memory.table(mm, BASE).ptl.isLocked()).isTrue();
    assertThat(memory.folios.folioRefCount(pfn)).isEqualTo(1);
    folioWalk.folioWalkEnd();
    assertThat(memory.table(mm, BASE).ptl.isLocked()).isFalse();
    assertThatThrownBy(folioWalk::folioWalkEnd).isInstanceOf(NullPointerException.class);
  }

  @Test
  void finds_nothing_and_holds_nothing_where_nothing_suitable_is() {
    assertThat(folioWalk.folioWalkStart(vma, BASE, 0)).as("no table").isEqualTo(Frames.NO_PAGE);
    memory.table(mm, BASE);
    assertThat(folioWalk.folioWalkStart(vma, BASE, 0)).as("none").isEqualTo(Frames.NO_PAGE);
    memory.setEntry(mm, BASE, PteMarker.makePteMarker(PteMarker.GUARD));
    assertThat(folioWalk.folioWalkStart(vma, BASE, 0)).as("a marker").isEqualTo(Frames.NO_PAGE);
    assertThat(memory.table(mm, BASE).ptl.isLocked()).isFalse();
    assertThat(memory.log.reports()).isEmpty();
  }

  @Test
  void finds_the_zero_page_only_when_asked() {
    memory.setEntry(mm, BASE, Pte.pteMkspecial(Pte.pfnPte(Folios.ZERO_PFN, vma.vmPageProt)));
    assertThat(folioWalk.folioWalkStart(vma, BASE, 0)).isEqualTo(Frames.NO_PAGE);
    assertThat(folioWalk.folioWalkStart(vma, BASE, FolioWalk.FW_ZEROPAGE))
        .isEqualTo(Folios.ZERO_PFN);
    assertThat(folioWalk.page).isEqualTo(Frames.NO_PAGE);
    folioWalk.folioWalkEnd();
  }

  @Test
  void the_first_address_behind_the_vma_is_outside_and_its_last_is_not() {
    assertThat(folioWalk.folioWalkStart(vma, vma.vmEnd - 1, 0)).isEqualTo(Frames.NO_PAGE);
    assertThat(memory.log.reports()).isEmpty();
    assertThat(folioWalk.folioWalkStart(vma, vma.vmEnd, 0)).isEqualTo(Frames.NO_PAGE);
    assertThat(memory.log.reports()).hasSize(1);
  }

  @Test
  void an_address_outside_the_vma_is_warned_about_once() {
    assertThat(folioWalk.folioWalkStart(vma, BASE - 4096, 0)).isEqualTo(Frames.NO_PAGE);
    assertThat(folioWalk.folioWalkStart(vma, vma.vmEnd, 0)).isEqualTo(Frames.NO_PAGE);
    assertThat(memory.log.reports()).hasSize(1);
  }

  @Test
  void mmap_lock_must_be_held() {
    mm.mmapLock.readUnlock();
    assertThatThrownBy(() -> folioWalk.folioWalkStart(vma, BASE, 0))
        .hasMessageContaining("mmap_lock");
  }

  @Test
  void a_probe_of_an_empty_place_reads_no_page_table_entry() {
    long before = memory.sched.current().work.ptesRead;
    folioWalk.folioWalkStart(vma, BASE, 0);
    assertThat(memory.sched.current().work.ptesRead).isEqualTo(before);
    memory.populate(vma, BASE);
    folioWalk.folioWalkStart(vma, BASE + 0x1000, 0);
    assertThat(memory.sched.current().work.ptesRead).isEqualTo(before + 1);
  }

  /** Whoever waits for a table's lock sees the table go. */
  private static final class TakenAway extends FreeRunning {
    private @Nullable Runnable taking;

    @Override
    public void contended(LockClass lockClass, int attempt) {
      Objects.requireNonNull(taking, "waits for ever").run();
      taking = null;
    }
  }

  @Test
  void a_table_that_is_taken_away_while_the_walk_waits_for_it_is_none() {
    TakenAway sched = new TakenAway();
    Mm other = new Mm(sched, new PgTables(sched, memory.folios));
    VmArea in = memory.map(other, BASE, 4, TestMemory.RW);
    memory.populate(in, BASE);
    PageTable table = memory.table(other, BASE);
    PageTable above = Objects.requireNonNull(other.pgTables.pmdTable(BASE));
    other.mmapLock.readLock();
    table.ptl.lock();
    sched.taking =
        () -> {
          other.pgTables.pmdpCollapseFlush(above, PageUnits.pmdIndex(BASE));
          table.ptl.unlock();
        };
    assertThat(folioWalk.folioWalkStart(in, BASE, 0)).isEqualTo(Frames.NO_PAGE);
    assertThat(sched.taking).as("it waited").isNull();
    assertThat(table.ptl.isLocked()).isFalse();
  }
}
