// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.pgtable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pmdIndex;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.vma.Mm;

/** Huge words, and the tables that wait below them. */
final class HugeEntriesTest {
  private static final long BASE = 0x1000_0000_0000L;
  private static final int PFN = 0x1200;
  private static final long RW = PgProt.vmGetPageProt(3);
  private static final long NONE = PgProt.vmGetPageProt(0);

  private final TestMemory memory = new TestMemory();
  private final Mm mm = memory.mm();
  private final PgTables tables = mm.pgTables;
  private final PageTable pmds = Objects.requireNonNull(tables.pmdAlloc(BASE));

  @AfterEach
  void close() {
    memory.close();
  }

  private PageTable huge(long addr, long word) {
    PageTable waits = Objects.requireNonNull(tables.pteAllocOne());
    tables.pgtableTransHugeDeposit(pmds, pmdIndex(addr), waits);
    tables.mmIncNrPtes();
    pmds.set(pmdIndex(addr), word);
    return waits;
  }

  @Test
  void a_huge_entry_hides_the_table_that_waits_below_it() {
    long bytes = tables.pgtablesBytes();
    PageTable waits = huge(BASE, Pmd.folioMkPmd(PFN, RW));
    assertThat(tables.pgtablesBytes()).isEqualTo(bytes + 4096);
    assertThat(tables.pteTable(BASE)).isNull();
    assertThat(PgTables.pteOffsetMapLock(pmds, pmdIndex(BASE))).isNull();
    assertThat(tables.pteAlloc(BASE)).as("no table is put over it").isNull();
    assertThat(pmds.getLockless(pmdIndex(BASE))).isEqualTo(Pmd.folioMkPmd(PFN, RW));
    assertThat(tables.pgtableTransHugeWithdraw(pmds, pmdIndex(BASE))).isSameAs(waits);
    assertThatThrownBy(() -> tables.pgtableTransHugeWithdraw(pmds, pmdIndex(BASE)))
        .hasMessageContaining("no table was deposited");
    tables.pmdPopulate(pmds, pmdIndex(BASE), waits);
    assertThat(tables.pteTable(BASE)).isSameAs(waits);
  }

  @Test
  void so_does_one_for_a_huge_page_on_its_way() {
    huge(BASE, SwapTypes.REFERENCE.makeReadableMigrationEntry(PFN));
    assertThat(tables.pteTable(BASE)).isNull();
    assertThat(tables.pteAlloc(BASE)).isNull();
    assertThat(PgTables.isHuge(pmds.get(pmdIndex(BASE)))).isTrue();
  }

  @Test
  void tables_and_huge_entries_are_gone_through_in_address_order() {
    tables.pteAlloc(BASE);
    huge(BASE + PMD_SIZE, Pmd.folioMkPmd(PFN, RW));
    huge(BASE + 2 * PMD_SIZE, Pmd.folioMkPmd(PFN + 512, RW));
    List<String> seen = new ArrayList<>();
    tables.forEachTable(
        BASE + 4096,
        BASE + 3 * PMD_SIZE - 4096,
        (table, index, start, end) -> {
          seen.add("huge %x-%x".formatted(start - BASE, end - BASE));
          if (start == BASE + PMD_SIZE) {
            return true;
          }
          PageTable waits = tables.pgtableTransHugeWithdraw(table, index);
          tables.pmdPopulate(table, index, waits);
          return false; // split: the table is visited too
        },
        (table, start, end) -> seen.add("table %x-%x".formatted(start - BASE, end - BASE)));
    assertThat(seen)
        .containsExactly(
            "table 1000-200000", "huge 200000-400000", "huge 400000-5ff000", "table 400000-5ff000");
  }

  @Test
  void the_table_that_waits_goes_with_the_address_space() {
    long before = memory.allocator.pagesInUse();
    huge(BASE, Pmd.folioMkPmd(PFN, RW));
    pmds.set(pmdIndex(BASE), 0);
    tables.freePgtables();
    assertThat(tables.pgtablesBytes()).isZero();
    assertThat(memory.allocator.pagesInUse()).isLessThan(before);
  }

  @Test
  void trap_01_the_dirt_of_a_huge_word_that_may_not_be_written_is_in_bit_58() {
    long written = Pmd.pmdMkwriteNovma(Pte.pteMkdirty(Pmd.folioMkPmd(PFN, RW)));
    assertThat(written).isEqualTo(0x8000_0000_0000_00e7L | (long) PFN << 12);
    long readOnly = Pmd.pmdWrprotect(written);
    assertThat(readOnly).isEqualTo(0x8400_0000_0000_00a5L | (long) PFN << 12);
    assertThat(Pmd.pmdDirty(readOnly)).isTrue();
    assertThat(Pmd.pmdWrite(readOnly)).isFalse();
    assertThat(Pmd.pmdMkwriteNovma(readOnly)).isEqualTo(written);
    assertThat(Pmd.pmdDirty(Pmd.pmdMkclean(readOnly))).isFalse();
  }

  @Test
  void a_change_of_protection_keeps_page_size_dirt_and_age() {
    long written = Pmd.pmdMkwriteNovma(Pte.pteMkdirty(Pmd.folioMkPmd(PFN, RW)));
    long none = Pmd.pmdModify(written, NONE);
    assertThat(none & 1).isZero();
    assertThat(Pmd.pmdProtnone(none)).isTrue();
    assertThat(Pmd.pmdPresent(none)).isTrue();
    assertThat(Pmd.pmdLeaf(none)).isTrue();
    assertThat(Pmd.pmdPfn(none)).as("stored inverted, read back").isEqualTo(PFN);
    assertThat(none & Pmd.PFN_MASK).isEqualTo(~((long) PFN << 12) & Pmd.PFN_MASK);
    long back = Pmd.pmdModify(none, RW);
    assertThat(Pmd.pmdPfn(back)).isEqualTo(PFN);
    assertThat(Pmd.pmdDirty(back)).isTrue();
    assertThat(Pmd.pmdYoung(back)).isTrue();
    assertThat(Pmd.pmdWrite(back)).as("whether it may be written, a fault decides").isFalse();
    assertThat(Pmd.pmdYoung(Pmd.pmdMkold(back))).isFalse();
    assertThat(Pmd.pmdYoung(Pmd.pmdMkyoung(Pmd.pmdMkold(back)))).isTrue();
  }

  @Test
  void a_word_for_pages_further_on_counts_the_other_way_where_it_is_inverted() {
    long present = Pte.pfnPte(PFN, RW);
    assertThat(Pte.ptePfn(Pte.pteAdvancePfn(present, 7))).isEqualTo(PFN + 7);
    long none = Pte.pfnPte(PFN, NONE);
    assertThat(Pte.ptePfn(Pte.pteAdvancePfn(none, 7))).isEqualTo(PFN + 7);
    assertThat(Pte.pteAdvancePfn(none, 7) & ~Pte.PFN_MASK).isEqualTo(none & ~Pte.PFN_MASK);
    SwapTypes types = SwapTypes.REFERENCE;
    long entry = types.makeMigrationEntryDirty(types.makeWritableMigrationEntry(PFN));
    long next = SwapEntry.pteMoveSwpOffset(SwapEntry.pteSwpMkuffdWp(entry), 7);
    assertThat(types.swpOffsetPfn(next)).isEqualTo(PFN + 7);
    assertThat(types.isWritableMigrationEntry(next)).isTrue();
    assertThat(types.isMigrationEntryDirty(next)).isTrue();
    assertThat(SwapEntry.pteSwpUffdWp(next)).isTrue();
  }
}
