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
import org.samepage.mm.vma.VmArea;

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
}
