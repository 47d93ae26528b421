// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.pgtable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.phys.MemoryLayout;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.testing.OneThread;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.units.PageUnits;

final class PgTablesTest {
  private final TestMemory memory = new TestMemory(new MemoryLayout(1, 8));
  private final PgTables tables = new PgTables(memory.sched, memory.folios);

  @AfterEach
  void close() {
    memory.close();
  }

  @Test
  void tables_are_made_on_demand_linked_by_kernel_words_and_counted_without_the_top_one() {
    long addr = 0x1234_5678_9000L;
    assertThat(tables.pteTable(addr)).isNull();
    assertThat(tables.pgtablesBytes()).isZero();
    PageTable pte = Objects.requireNonNull(tables.pteAlloc(addr));
    assertThat(tables.pteTable(addr)).isSameAs(pte);
    assertThat(tables.pteAlloc(addr + 4096)).as("the same 2 MiB").isSameAs(pte);
    assertThat(tables.pgtablesBytes()).isEqualTo(3 * 4096);
    PageTable pmd = Objects.requireNonNull(tables.pmdTable(addr));
    assertThat(pmd.get(PageUnits.pmdIndex(addr))).isEqualTo(((long) pte.pfn << 12) | 0x67);
    assertThat(pmd.lower(PageUnits.pmdIndex(addr))).isSameAs(pte);
    assertThat(tables.pteAlloc(addr + PageUnits.PMD_SIZE)).isNotSameAs(pte);
    assertThat(tables.pgtablesBytes()).isEqualTo(4 * 4096);
  }

  @Test
  void a_table_goes_only_when_it_is_empty() {
    long addr = 0x1000_0000_0000L;
    PageTable pte = Objects.requireNonNull(tables.pteAlloc(addr));
    assertThat(tables.pmdTable(addr)).isNotNull();
    pte.set(3, 1);
    tables.tryToFreePte(addr);
    assertThat(tables.pteTable(addr)).isSameAs(pte);
    assertThat(pte.getAndClear(3)).isEqualTo(1);
    tables.tryToFreePte(addr);
    assertThat(tables.pteTable(addr)).isNull();
    assertThat(tables.pgtablesBytes()).isEqualTo(2 * 4096);
  }

  @Test
  void a_table_is_locked_only_if_it_still_is_in_its_place() {
    long addr = 0x1000_0000_0000L;
    PageTable[] tables = new PageTable[3];
    var sched =
        new OneThread() {
          private boolean met;

          @Override
          public void acquiring(LockClass lockClass, Object lock, int id) {
            if (tables[2] != null && lock == tables[1].ptl && !met) {
              met = true;
              tables[0].link(PageUnits.pmdIndex(addr), tables[2]);
            }
          }
        };
    PgTables watched = new PgTables(sched, memory.folios);
    tables[1] = Objects.requireNonNull(watched.pteAlloc(addr));
    PageTable other = Objects.requireNonNull(watched.pteAlloc(addr + PageUnits.PMD_SIZE));
    tables[0] = Objects.requireNonNull(watched.pmdTable(addr));
    int index = PageUnits.pmdIndex(addr);
    assertThat(PgTables.pteOffsetMapLock(tables[0], index)).isSameAs(tables[1]);
    assertThat(tables[1].ptl.isLocked()).isTrue();
    tables[1].ptl.unlock();
    tables[2] = other; // from now on it takes the first one's place while that is being locked
    assertThat(PgTables.pteOffsetMapLock(tables[0], index)).isSameAs(other);
    assertThat(tables[1].ptl.isLocked()).isFalse();
    assertThat(other.ptl.isLocked()).isTrue();
    other.ptl.unlock();
    tables[0].set(index, 0);
    assertThat(PgTables.pteOffsetMapLock(tables[0], index)).isNull();
  }

  @Test
  void where_no_frame_is_left_there_is_no_table_and_all_come_back() {
    long addr = 0x1000_0000_0000L;
    for (int i = 0; i < 5; i++) {
      assertThat(tables.pteAlloc(addr + i * PageUnits.PMD_SIZE)).isNotNull();
    }
    assertThat(tables.pteAlloc(addr + 5 * PageUnits.PMD_SIZE)).isNull();
    assertThatThrownBy(() -> new PgTables(memory.sched, memory.folios))
        .isInstanceOf(PgTables.OutOfFramesException.class);
    tables.freePgtables();
    assertThat(tables.pgtablesBytes()).isZero();
    tables.mmFreePgd();
    assertThat(memory.allocator.pagesInUse()).isZero();
  }
}
