// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.MmFlags;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

final class AnonRmapTest {
  private static final long BASE = 0x1000_0000_0000L;

  private final TestMemory memory = new TestMemory();
  private final Folios folios = memory.folios;
  private final AnonVmas anonVmas = new AnonVmas(memory.sched);
  private final AnonRmap rmap = new AnonRmap(folios);
  private final Mm mm = memory.mm();
  private final VmArea vma = memory.map(mm, BASE, 16, TestMemory.RW);

  @BeforeEach
  void lock() {
    mm.mmapLock.readLock();
    anonVmas.anonVmaPrepare(vma);
  }

  @AfterEach
  void close() {
    memory.close();
  }

  /** A page as a write fault leaves it. */
  private int faulted(long addr) {
    int pfn = memory.populate(vma, addr);
    rmap.folioAddNewAnonRmap(pfn, vma, addr);
    return pfn;
  }

  @Test
  void a_new_page_is_exclusive_swap_backed_and_knows_its_place() {
    int pfn = faulted(BASE + 0x3000);
    assertThat(folios.folioMapcount(pfn)).isEqualTo(1);
    assertThat(folios.pageAnonExclusive(pfn)).isTrue();
    assertThat(folios.frames().testFlag(pfn, PageFlags.PG_SWAPBACKED)).isTrue();
    assertThat(rmap.folioAnonVma(pfn)).isSameAs(vma.anonVma);
    assertThat(rmap.pageAddressInVma(pfn, vma)).isEqualTo(BASE + 0x3000);
  }

  @Test
  void the_address_follows_the_offset_and_stops_at_the_vmas_edges() {
    int pfn = faulted(BASE + 0x3000);
    vma.vmStart = BASE + 0x4000;
    vma.vmPgoff += 4;
    assertThat(rmap.pageAddressInVma(pfn, vma)).isEqualTo(AnonRmap.NO_ADDRESS);
    vma.vmStart = BASE + 0x2000;
    vma.vmPgoff -= 2;
    assertThat(rmap.pageAddressInVma(pfn, vma)).isEqualTo(BASE + 0x3000);
    vma.vmEnd = BASE + 0x3000;
    assertThat(rmap.pageAddressInVma(pfn, vma)).isEqualTo(AnonRmap.NO_ADDRESS);
  }

  @Test
  void a_ksm_page_has_no_anon_vma_and_no_address() {
    int pfn = faulted(BASE);
    folios.frames().setMapping(pfn, FolioMapping.KSM_WITHOUT_NODE);
    assertThat(rmap.folioAnonVma(pfn)).isNull();
    assertThat(rmap.pageAddressInVma(pfn, vma)).isEqualTo(AnonRmap.NO_ADDRESS);
    rmap.folioAddAnonRmapPtes(pfn, vma, BASE + 0x7000);
    assertThat(folios.folioMapcount(pfn)).as("and may be mapped anywhere").isEqualTo(2);
  }

  @Test
  void mapping_a_page_where_it_does_not_belong_is_an_error() {
    int pfn = faulted(BASE);
    assertThatThrownBy(() -> rmap.folioAddAnonRmapPtes(pfn, vma, BASE + 0x1000))
        .hasMessageContaining("does not belong");
    rmap.folioAddAnonRmapPtes(pfn, vma, BASE);
    assertThat(folios.folioMapcount(pfn)).isEqualTo(2);
    rmap.folioRemoveRmapPtes(pfn, vma);
    rmap.folioRemoveRmapPtes(pfn, vma);
    assertThatThrownBy(() -> rmap.folioRemoveRmapPtes(pfn, vma))
        .hasMessageContaining("once too often");
  }

  @Test
  void a_page_that_may_be_pinned_stays_exclusive() {
    int pfn = faulted(BASE);
    for (int i = 0; i < 1023; i++) {
      folios.folioGet(pfn);
    }
    assertThat(rmap.folioTryShareAnonRmapPte(pfn)).as("1024 references look like a pin").isFalse();
    assertThat(folios.pageAnonExclusive(pfn)).isTrue();
    folios.folioPut(pfn);
    assertThat(rmap.folioTryShareAnonRmapPte(pfn)).isTrue();
    assertThat(folios.pageAnonExclusive(pfn)).isFalse();
  }

  @Test
  void one_that_is_not_exclusive_belongs_to_the_root() {
    VmArea child = vma.vmAreaDup(memory.mm());
    anonVmas.anonVmaFork(child, vma);
    int pfn = memory.populate(child, BASE);
    rmap.folioAddNewAnonRmap(pfn, child, BASE, AnonRmap.RMAP_NONE);
    assertThat(rmap.folioAnonVma(pfn)).isSameAs(vma.anonVma).isNotSameAs(child.anonVma);
    assertThat(folios.pageAnonExclusive(pfn)).isFalse();
    int own = memory.populate(child, BASE + 0x1000);
    rmap.folioAddNewAnonRmap(own, child, BASE + 0x1000, AnonRmap.RMAP_EXCLUSIVE);
    assertThat(rmap.folioAnonVma(own)).isSameAs(child.anonVma);
    assertThatThrownBy(() -> rmap.folioMoveAnonRmap(pfn, child)).hasMessageContaining("not locked");
    folios.folioLock(pfn);
    rmap.folioMoveAnonRmap(pfn, child);
    folios.folioUnlock(pfn);
    assertThat(rmap.folioAnonVma(pfn)).as("after its last sharer left").isSameAs(child.anonVma);
    assertThat(folios.frames().index(pfn)).isEqualTo(BASE >> 12);
  }

  @Test
  void memory_that_may_be_dropped_is_not_swap_backed() {
    vma.vmFlags |= VmFlags.VM_DROPPABLE;
    int pfn = faulted(BASE);
    assertThat(folios.folioTestSwapbacked(pfn)).isFalse();
    assertThat(folios.folioTestUptodate(pfn)).isTrue();
  }

  @Test
  void a_page_that_comes_back_is_exclusive_only_if_it_is_said_to_be() {
    int pfn = faulted(BASE);
    rmap.folioRemoveRmapPtes(pfn, vma);
    folios.clearPageAnonExclusive(pfn);
    rmap.folioAddAnonRmapPtes(pfn, vma, BASE, AnonRmap.RMAP_NONE);
    assertThat(folios.pageAnonExclusive(pfn)).isFalse();
    rmap.folioRemoveRmapPtes(pfn, vma);
    rmap.folioAddAnonRmapPtes(pfn, vma, BASE, AnonRmap.RMAP_EXCLUSIVE);
    assertThat(folios.pageAnonExclusive(pfn)).isTrue();
    assertThat(folios.pageAnonExclusive(pfn + 1)).as("the next frame").isFalse();
    assertThatThrownBy(() -> rmap.folioAddAnonRmapPtes(pfn, vma, BASE, AnonRmap.RMAP_EXCLUSIVE))
        .hasMessageContaining("is not exclusive");
  }

  @Test
  void a_page_of_another_tree_or_of_none_belongs_nowhere_here() {
    int pfn = faulted(BASE);
    VmArea other = memory.map(memory.mm(), BASE, 16, TestMemory.RW);
    assertThatThrownBy(() -> rmap.folioAddAnonRmapPtes(pfn, other, BASE))
        .as("a VMA without an anon_vma")
        .hasMessageContaining("does not belong");
    other.vmMm.mmapLock.readLock();
    anonVmas.anonVmaPrepare(other);
    assertThatThrownBy(() -> rmap.folioAddAnonRmapPtes(pfn, other, BASE))
        .as("another root")
        .hasMessageContaining("does not belong");
    assertThat(rmap.pageAddressInVma(pfn, other)).isEqualTo(AnonRmap.NO_ADDRESS);
    other.anonVma = null;
    assertThat(rmap.pageAddressInVma(pfn, other)).isEqualTo(AnonRmap.NO_ADDRESS);
    int bare = memory.populate(vma, BASE + 0x1000);
    assertThatThrownBy(() -> rmap.folioAddAnonRmapPtes(bare, vma, BASE + 0x1000))
        .as("a page without a mapping")
        .hasMessageContaining("does not belong");
  }

  @Test
  void fork_shares_a_page_unless_it_may_be_pinned_by_a_process_that_pins() {
    VmArea child = vma.vmAreaDup(memory.mm());
    anonVmas.anonVmaFork(child, vma);
    int pfn = faulted(BASE);
    for (int i = 0; i < 1023; i++) {
      folios.folioGet(pfn);
    }
    mm.mmFlagsSet(MmFlags.MMF_HAS_PINNED);
    assertThat(rmap.folioTryDupAnonRmapPte(pfn, child, vma)).isFalse();
    assertThat(folios.folioMapcount(pfn)).isEqualTo(1);
    assertThat(folios.pageAnonExclusive(pfn)).isTrue();
    folios.folioPut(pfn);
    assertThat(rmap.folioTryDupAnonRmapPte(pfn, child, vma)).as("1023 are no pin").isTrue();
    assertThat(folios.pageAnonExclusive(pfn)).isFalse();
    folios.folioGet(pfn);
    assertThat(rmap.folioTryDupAnonRmapPte(pfn, child, vma))
        .as("what is shared already is shared again")
        .isTrue();
    assertThat(folios.folioMapcount(pfn)).isEqualTo(3);
  }

  @Test
  void a_process_that_never_pinned_shares_whatever_the_count() {
    VmArea child = vma.vmAreaDup(memory.mm());
    anonVmas.anonVmaFork(child, vma);
    int pfn = faulted(BASE);
    for (int i = 0; i < 2000; i++) {
      folios.folioGet(pfn);
    }
    assertThat(rmap.folioTryDupAnonRmapPte(pfn, child, vma)).isTrue();
    assertThat(rmap.folioMaybeDmaPinned(pfn)).isTrue();
  }

  @Test
  void a_table_of_huge_entries_is_found_where_there_is_one() {
    assertThat(AnonRmap.mmFindPmd(mm, BASE)).isNull();
    faulted(BASE);
    assertThat(AnonRmap.mmFindPmd(mm, BASE)).isSameAs(mm.pgTables.pmdTable(BASE)).isNotNull();
  }
}
