// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.pagewalk.WalkCallback.INSTALL_PTE;
import static org.samepage.pagewalk.WalkCallback.P4D_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PGD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PMD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PRE_VMA;
import static org.samepage.pagewalk.WalkCallback.PTE_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PTE_HOLE;
import static org.samepage.pagewalk.WalkCallback.PUD_ENTRY;
import static org.samepage.pagewalk.WalkedMemory.BASE;
import static org.samepage.pagewalk.WalkedMemory.GIB;
import static org.samepage.pagewalk.WalkedMemory.MIB2;
import static org.samepage.pagewalk.WalkedMemory.PAGE;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Walks that fill what is empty. */
final class InstallPteTest {
  private static final long GUARD = PteMarker.makePteMarker(PteMarker.GUARD);

  private final WalkedMemory m = new WalkedMemory();

  @AfterEach
  void close() {
    m.close();
  }

  private RecordingOps installing(WalkCallback... callbacks) {
    RecordingOps ops = new RecordingOps(BASE, callbacks);
    ops.answer =
        (visit, walk) -> {
          walk.newPte = GUARD;
          return 0;
        };
    return ops;
  }

  private int install(long start, long end, RecordingOps ops) {
    return m.pageWalk.walkPageRangeMm(m.mm, BASE + start, BASE + end, new MmWalk(ops));
  }

  @Test
  void tables_are_made_and_fresh_ones_seen_by_their_callbacks_and_no_hole_is_told() {
    m.map(0, 2);
    RecordingOps ops =
        installing(PGD_ENTRY, P4D_ENTRY, PUD_ENTRY, PMD_ENTRY, PTE_ENTRY, PTE_HOLE, INSTALL_PTE);
    assertThat(install(0, 2 * PAGE, ops)).isZero();
    assertThat(ops.visits)
        .containsExactly(
            "pgd@0+2000",
            "p4d@0+2000",
            "pud@0+2000",
            "pmd@0+2000",
            "install@0+1000",
            "install@1000+1000");
    assertThat(m.memory.entry(m.mm, BASE)).isEqualTo(GUARD);
    assertThat(m.memory.entry(m.mm, BASE + PAGE)).isEqualTo(GUARD);
    assertThat(m.memory.entry(m.mm, BASE + 2 * PAGE)).isZero();
    assertThat(m.mm.pgTables.pgtablesBytes()).isEqualTo(3 * PAGE);
  }

  @Test
  void it_needs_no_other_callback_where_all_is_empty() {
    m.map(0, GIB / PAGE + 1);
    RecordingOps ops = installing(INSTALL_PTE);
    assertThat(install(GIB - PAGE, GIB + PAGE, ops)).isZero();
    assertThat(ops.visits).containsExactly("install@3ffff000+1000", "install@40000000+1000");
  }

  @Test
  void what_is_not_empty_goes_to_pte_entry_and_what_was_filled_does_not() {
    VmArea vma = m.map(0, 3);
    m.populate(vma, PAGE);
    long page = m.memory.entry(m.mm, BASE + PAGE);
    RecordingOps ops = installing(PTE_ENTRY, INSTALL_PTE);
    assertThat(install(0, 3 * PAGE, ops)).isZero();
    assertThat(ops.visits).containsExactly("install@0+1000", "pte@1000+1000", "install@2000+1000");
    assertThat(m.memory.entry(m.mm, BASE + PAGE)).isEqualTo(page);
    ops.visits.clear();
    assertThat(install(0, PAGE, ops)).isZero();
    assertThat(ops.visits).as("a marker is not none").containsExactly("pte@0+1000");
  }

  @Test
  void without_a_pte_entry_what_is_not_empty_is_an_error_of_the_caller() {
    VmArea vma = m.map(0, 1);
    m.populate(vma, 0);
    RecordingOps ops = installing(INSTALL_PTE);
    MmWalkOps bare = new MmWalkOps(PageWalkLock.PGWALK_RDLOCK, INSTALL_PTE) {};
    MmWalk walk = new MmWalk(bare);
    assertThatThrownBy(() -> m.pageWalk.walkPageRangeMm(m.mm, BASE, BASE + PAGE, walk))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("PTE_ENTRY");
    assertThat(m.memory.table(m.mm, BASE).ptl.isLocked()).isFalse();
    assertThat(ops.visits).isEmpty();
  }

  @Test
  void an_error_of_its_leaves_the_entry_empty_and_what_went_before_filled() {
    m.map(0, 3);
    RecordingOps ops = installing(PTE_ENTRY, INSTALL_PTE);
    ops.answer =
        (visit, walk) -> {
          walk.newPte = GUARD;
          return visit.equals("install@1000+1000") ? -Errno.EINTR : 0;
        };
    assertThat(install(0, 3 * PAGE, ops)).isEqualTo(-Errno.EINTR);
    assertThat(m.memory.entry(m.mm, BASE)).isEqualTo(GUARD);
    assertThat(m.memory.entry(m.mm, BASE + PAGE)).isZero();
    assertThat(m.memory.table(m.mm, BASE).ptl.isLocked()).isFalse();
  }

  @Test
  void between_mappings_nothing_is_filled() {
    m.map(PAGE, 1);
    RecordingOps ops = installing(PTE_ENTRY, PTE_HOLE, INSTALL_PTE);
    assertThat(install(0, 3 * PAGE, ops)).isZero();
    assertThat(ops.visits)
        .containsExactly("hole-1@0+1000", "install@1000+1000", "hole-1@2000+1000");
  }

  @Test
  void a_huge_page_is_not_split_for_installing_alone_but_for_a_pte_entry() {
    VmArea vma = m.map(0, GIB / PAGE * 2);
    m.setPmd(BASE, m.hugePmd(1024, vma));
    m.setPud(BASE + GIB, m.hugePud(0, vma));
    RecordingOps alone = installing(INSTALL_PTE);
    assertThat(install(MIB2 - PAGE, MIB2 + PAGE, alone)).isZero();
    assertThat(install(GIB, GIB + PAGE, alone)).isZero();
    assertThat(alone.visits).containsExactly("install@200000+1000");
    assertThat(m.splits).isEmpty();
    RecordingOps both = installing(PTE_ENTRY, INSTALL_PTE);
    assertThat(install(MIB2 - PAGE, MIB2, both)).isZero();
    assertThat(install(GIB, GIB + PAGE, both)).isZero();
    assertThat(both.visits).containsExactly("install@1ff000+1000", "install@40000000+1000");
    assertThat(m.splits).hasToString("pmd@1ff000 pud@40000000 ");
  }

  @Test
  void a_huge_page_that_is_being_moved_is_split_for_installing_alone() {
    VmArea vma = m.map(0, 512);
    m.setPmd(BASE, m.swapTypes().makeReadableMigrationEntry(1024));
    assertThat(install(0, PAGE, installing(INSTALL_PTE))).isZero();
    assertThat(m.splits).as("it is not present").hasToString("pmd@0 ");
    assertThat(vma.vmEnd).isEqualTo(BASE + MIB2);
  }

  @Test
  void where_no_table_can_be_made_the_walk_ends_with_enomem() {
    m.map(0, 1);
    for (int tables = 0; tables < 3; tables++) {
      try (WalkedMemory small = new WalkedMemory(tables + 1)) {
        small.map(0, 1);
        RecordingOps ops = installing(PGD_ENTRY, P4D_ENTRY, PUD_ENTRY, PMD_ENTRY, INSTALL_PTE);
        MmWalk walk = new MmWalk(ops);
        assertThat(small.pageWalk.walkPageRangeMm(small.mm, BASE, BASE + PAGE, walk))
            .isEqualTo(-Errno.ENOMEM);
        String[] seen = {"pgd@0+1000", "p4d@0+1000", "pud@0+1000"};
        assertThat(ops.visits).containsExactly(Arrays.copyOf(seen, tables + 1));
        assertThat(small.mm.pgTables.pgtablesBytes()).isEqualTo(tables * PAGE);
        assertThat(small.memory.folios.vmaAllocFolioNoprof(0)).isEqualTo(Frames.NO_PAGE);
      }
    }
  }

  @Test
  void hugetlb_pages_cannot_be_installed() {
    m.memory.map(m.mm, BASE, 512, VmFlags.VM_READ | VmFlags.VM_HUGETLB);
    RecordingOps ops = installing(PTE_ENTRY, INSTALL_PTE, PRE_VMA);
    assertThat(install(0, MIB2, ops)).isEqualTo(-Errno.EINVAL);
    assertThat(ops.visits).isEmpty();
  }
}
