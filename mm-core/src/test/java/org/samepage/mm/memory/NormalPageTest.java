// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.pgtable.PgProt;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.MemoryLayout;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.VmArea;

final class NormalPageTest {
  private static final long ADDR = 0x7f2a_e151_1000L;

  private final TestMemory memory = new TestMemory(new MemoryLayout(1, 100));
  private final KernelLog log = memory.log;
  private final NormalPage normalPage = memory.normalPage;
  private final VmArea vma = memory.map(memory.mm(), ADDR, 16, 0xc8100073L);

  @AfterEach
  void close() {
    memory.close();
  }

  @Test
  void a_present_entry_gives_its_page_and_the_zero_page_none() {
    long prot = PgProt.vmGetPageProt(3);
    assertThat(normalPage.vmNormalPage(vma, ADDR, Pte.pfnPte(0x123, prot))).isEqualTo(0x123);
    long zero = Pte.pteMkspecial(Pte.pfnPte(Folios.ZERO_PFN, prot));
    assertThat(normalPage.vmNormalPage(vma, ADDR, zero)).isEqualTo(Frames.NO_PAGE);
    assertThat(log.reports()).isEmpty();
  }

  @Test
  void a_huge_entry_gives_its_first_page_and_the_huge_page_of_zeros_none() {
    long prot = PgProt.vmGetPageProt(3);
    long pmd = Pmd.pmdMkhuge(Pmd.pfnPmd(0, prot));
    assertThat(normalPage.vmNormalPagePmd(vma, ADDR, pmd)).isZero();
    assertThat(normalPage.vmNormalPagePud(vma, ADDR, pmd)).isZero();
    assertThat(normalPage.isHugeZeroPmd(pmd)).isFalse();
    memory.frames.setHugeZeroPfn(0);
    assertThat(memory.frames.hugeZeroPfn()).isZero();
    assertThat(memory.frames.isHugeZeroPfn(511)).isTrue();
    assertThat(memory.frames.isHugeZeroPfn(512)).isFalse();
    assertThat(normalPage.isHugeZeroPmd(pmd)).isTrue();
    assertThat(normalPage.isHugeZeroPmd(0)).as("not present").isFalse();
    assertThat(normalPage.vmNormalPagePmd(vma, ADDR, Pmd.pmdMkspecial(pmd)))
        .isEqualTo(Frames.NO_PAGE);
    assertThat(log.reports()).isEmpty();
    long beyond = Pmd.pmdMkhuge(Pmd.pfnPmd(1 << 20, prot));
    assertThat(normalPage.vmNormalPagePud(vma, ADDR, beyond | Pte.SPECIAL))
        .isEqualTo(Frames.NO_PAGE);
    assertThat(normalPage.vmNormalPagePmd(vma, ADDR, beyond)).isEqualTo(Frames.NO_PAGE);
    assertThat(log.reports())
        .satisfiesExactly(
            special -> assertThat(special.text()).contains("  pud:80000001000002a5"),
            outside -> assertThat(outside.text()).contains("  pmd:80000001000000a5"));
  }

  @Test
  void a_guard_marker_gives_the_report_of_the_thread() {
    vma.anonVma = new AnonVma(1, memory.sched);
    vma.vmMm.pgTables.pteAlloc(ADDR);
    memory.sched.switchTo(memory.sched.newTask("ksmd"));
    long guard = PteMarker.makePteMarker(PteMarker.GUARD);
    assertThat(normalPage.vmNormalPage(vma, ADDR, guard)).isEqualTo(Frames.NO_PAGE);
    assertThat(log.reports())
        .singleElement()
        .satisfies(report -> {
          assertThat(report.kind()).isEqualTo("bad_page_map");
          assertThat(report.text().lines().toList())
              .satisfiesExactly(
                  first ->
                      assertThat(first)
                          .isEqualTo("BUG: Bad page map in process ksmd  pte:fffffffffffff600"),
                  second ->
                      assertThat(second).matches("pgd:\\w+067 p4d:\\w+067 pud:\\w+067 pmd:\\w+067"),
                  third ->
                      assertThat(third)
                          .startsWith("addr:00007f2ae1511000 vm_flags:c8100073 anon_vma:ffff")
                          .endsWith(" mapping:0000000000000000 index:7f2ae1511"),
                  fourth ->
                      assertThat(fourth)
                          .isEqualTo(
                              "file:(null) fault:0x0 mmap:0x0 mmap_prepare: 0x0"
                                  + " read_folio:0x0"));
        });
  }

  @Test
  void an_even_swap_offset_looks_special_an_odd_one_like_a_frame_number() {
    assertThat(normalPage.vmNormalPage(vma, ADDR, SwapEntry.swpEntryRaw(0, 2)))
        .isEqualTo(Frames.NO_PAGE);
    assertThat(log.reports()).hasSize(1);
    assertThat(normalPage.vmNormalPage(vma, ADDR, SwapEntry.swpEntryRaw(0, 8 * 0x123 + 1)))
        .isEqualTo(0x123);
    assertThat(
            normalPage.vmNormalPage(
                vma, ADDR, SwapEntry.swpEntryRaw(28, 8L * memory.layout.endPfn() + 1)))
        .isEqualTo(Frames.NO_PAGE);
    assertThat(log.reports()).as("above the last frame").hasSize(2);
  }

  @Test
  void reports_stop_after_sixty_until_a_minute_has_passed() {
    long guard = PteMarker.makePteMarker(PteMarker.GUARD);
    for (int i = 0; i < 100; i++) {
      normalPage.vmNormalPage(vma, ADDR, guard);
    }
    assertThat(log.reports()).hasSize(60);
    memory.clock.advanceNanos(61_000_000_000L);
    normalPage.vmNormalPage(vma, ADDR, guard);
    assertThat(log.reports()).hasSize(62);
    assertThat(log.reports().get(60).text()).isEqualTo("BUG: Bad page map: 40 messages suppressed");
  }

  @Test
  void an_empty_entry_is_taken_for_frame_0_by_one_who_does_not_ask() {
    assertThat(normalPage.vmNormalPage(vma, ADDR, 0)).isZero();
    assertThat(memory.folios.folioTestAnon(0)).isFalse();
    assertThat(log.reports()).isEmpty();
  }
}
