// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.ksm.state.KsmState;
import org.samepage.machine.check.MachineChecker;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;

/** The checker finds what it is there to find: each fault is planted, and must be named. */
final class MachineCheckerTest {
  private final TestMachine m = TestMachine.boot("linux-6.18", "ksm.use_zero_pages=1");
  private UserProcess a;
  private Folios folios;
  private KsmState ksm;

  @BeforeEach
  void merge() throws Exception {
    a = m.mergeable(8);
    for (int i = 0; i < 6; i++) {
      TestMachine.write(a, i, i / 2);
    }
    a.writePage(TestMachine.page(6), new byte[4096]);
    TestMachine.write(a, 7, 99);
    m.passes(3);
    folios = m.machine.memory().folios();
    ksm = m.machine.ksm().state();
    assertThat(MachineChecker.problems(m.machine)).isEmpty();
  }

  @AfterEach
  void close() {
    m.machine.close();
  }

  private void finds(String what) {
    assertThat(MachineChecker.problems(m.machine)).anyMatch(problem -> problem.contains(what));
  }

  @Test
  void a_leaked_reference() {
    folios.folioGet(TestMachine.pfn(a, 0));
    finds("references to pfn");
  }

  @Test
  void a_leaked_frame() {
    folios.vmaAllocFolioNoprof(0);
    finds("frames in use");
  }

  @Test
  void a_wrong_mapcount() {
    folios.frames().addMapcountRaw(TestMachine.pfn(a, 7), 1);
    finds("mapcount of pfn");
  }

  @Test
  void a_locked_folio() {
    folios.folioLock(TestMachine.pfn(a, 7));
    finds("still locked");
  }

  @Test
  void a_merged_page_that_may_be_written() {
    PageTable table = Objects.requireNonNull(a.mm().pgTables.pteTable(TestMachine.page(0)));
    int at = PageUnits.pteIndex(TestMachine.page(0));
    table.set(at, Pte.pteMkwriteNovma(table.get(at)));
    finds("a merged page may be written");
    finds("not exclusive");
  }

  @Test
  void counters_that_are_off() {
    ksm.ksmPagesShared++;
    ksm.ksmPagesSharing--;
    ksm.ksmPagesUnshared++;
    ksm.ksmRmapItems++;
    ksm.ksmStableNodeChains++;
    ksm.ksmStableNodeDups++;
    a.mm().ksmMergingPages++;
    a.mm().ksmZeroPages.decrementAndGet();
    a.mm().addMmCounter(Mm.MM_ANONPAGES, 1);
    for (String counter :
        new String[] {
          "pages_shared",
          "pages_sharing",
          "pages_unshared",
          "rmap_items",
          "stable_node_chains",
          "stable_node_dups",
          "merging_pages",
          "zero pages",
          "anonymous pages"
        }) {
      finds(counter);
    }
  }

  @Test
  void a_stable_tree_out_of_order() {
    byte[] page = new byte[PageUnits.PAGE_BYTES];
    Arrays.fill(page, (byte) 0xff);
    for (int i = 0; i < 6; i += 2) {
      folios.writePage(TestMachine.pfn(a, i), page);
    }
    finds("out of order");
  }

  @Test
  void a_wrong_index() {
    folios.frames().setIndex(TestMachine.pfn(a, 7), 1);
    finds("index of pfn");
  }

  @Test
  void a_slot_that_is_not_in_the_hash() {
    ksm.mmSlotsHash.clear();
    finds("hash");
  }
}
