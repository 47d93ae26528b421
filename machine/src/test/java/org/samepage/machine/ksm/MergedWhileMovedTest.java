// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.ksm.KsmPeek.fill;
import static org.samepage.machine.ksm.KsmPeek.folios;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.units.PageUnits;

/**
 * mremap breaks merged pages apart before it moves them. The ways round that: a page can be merged
 * at a place that is not its first one, and move while it is merged. For the former see the
 * scenarios telling/m2 (moved before it was merged) and telling/m3 (a private file's page).
 */
final class MergedWhileMovedTest {
  private static final long ELSEWHERE = 1000;
  private static final String BY_ADDRESS_ALONE = "rmap-v3";

  static List<String> profiles() {
    return TestMachine.profiles();
  }

  private static void move(UserProcess process, long pages) throws Exception {
    long bytes = PageUnits.pagesToBytes(pages);
    int flags = Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED;
    process.mremap(page(0), bytes, bytes, flags, page(ELSEWHERE));
  }

  /** No item speaks of the new place yet, so no strategy has anything to ask about. */
  private static void isPinned(TestMachine m, UserProcess process, long index) {
    long found = m.machine.work().ptesFound;
    assertThatThrownBy(() -> process.migrateWithinNode(page(index), PageUnits.PAGE_SIZE))
        .hasMessageContaining("EBUSY");
    assertThat(m.machine.work().ptesFound).isEqualTo(found);
  }

  /** After a pass it has an item, with the index of the place that it came from. */
  private static void isLetGoByTheNextPass(
      TestMachine m, UserProcess process, long index, String profile) throws Exception {
    m.passes(1);
    if (profile.equals(BY_ADDRESS_ALONE)) {
      isPinned(m, process, index);
      return;
    }
    int before = pfn(process, index);
    process.migrateWithinNode(page(index), PageUnits.PAGE_SIZE);
    assertThat(pfn(process, index)).isNotEqualTo(before);
  }

  /**
   * It was on its way to swap when it was moved, an entry that break_ksm does not see, and was
   * still in the swap cache when it was touched again.
   */
  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void a_page_that_was_swapped_out_moves_merged(String profile) throws Exception {
    try (TestMachine m = TestMachine.boot(profile, "machine.swap=64")) {
      UserProcess process = m.mergeable(4);
      fill(process, 0, 4, 1);
      m.passes(2);
      Folios folios = folios(m);
      int merged = pfn(process, 0);
      folios.folioGet(merged); // somebody looks at it, so that it stays in the swap cache
      assertThatThrownBy(() -> process.swapOut(page(0), PageUnits.PAGE_SIZE))
          .hasMessageContaining("EBUSY");
      assertThat(folios.folioMapped(merged)).isFalse();
      move(process, 2);
      process.touch(page(ELSEWHERE));
      folios.folioPut(merged);
      assertThat(pfn(process, ELSEWHERE)).isEqualTo(merged);
      assertThat(folios.folioTestKsm(merged)).isTrue();
      isPinned(m, process, ELSEWHERE);
      isLetGoByTheNextPass(m, process, ELSEWHERE, profile);
      check(process, ELSEWHERE, 1);
      check(process, ELSEWHERE + 1, 1);
      check(process, 3, 1);
    }
  }

  /** The fault that should have unshared it failed, and unmerging says nothing of that. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("profiles")
  void a_page_whose_unshare_fault_fails_with_sigbus_moves_merged(String profile) throws Exception {
    try (TestMachine m = TestMachine.boot(profile)) {
      UserProcess process = m.mergeable(3);
      fill(process, 0, 3, 1);
      m.passes(2);
      m.machine
          .failFaults()
          .follow((vma, addr, flags) -> addr == page(1) ? FaultHandler.VM_FAULT_SIGBUS : 0);
      move(process, 3);
      m.machine.failFaults().follow(null);
      Folios folios = folios(m);
      assertThat(folios.folioTestKsm(pfn(process, ELSEWHERE))).isFalse();
      assertThat(folios.folioTestKsm(pfn(process, ELSEWHERE + 1))).isTrue();
      boolean rangeEnds = List.of("linux-6.19", "linux-7.3").contains(profile);
      assertThat(folios.folioTestKsm(pfn(process, ELSEWHERE + 2)))
          .as("by range the rest stays merged too")
          .isEqualTo(rangeEnds);
      isPinned(m, process, ELSEWHERE + 1);
      isLetGoByTheNextPass(m, process, ELSEWHERE + 1, profile);
      for (int i = 0; i < 3; i++) {
        check(process, ELSEWHERE + i, 1);
      }
    }
  }
}
