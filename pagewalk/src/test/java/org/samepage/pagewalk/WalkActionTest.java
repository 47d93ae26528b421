// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.pagewalk.WalkAction.ACTION_AGAIN;
import static org.samepage.pagewalk.WalkAction.ACTION_CONTINUE;
import static org.samepage.pagewalk.WalkCallback.P4D_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PGD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PMD_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PTE_ENTRY;
import static org.samepage.pagewalk.WalkCallback.PTE_HOLE;
import static org.samepage.pagewalk.WalkCallback.PUD_ENTRY;
import static org.samepage.pagewalk.WalkedMemory.BASE;
import static org.samepage.pagewalk.WalkedMemory.GIB;
import static org.samepage.pagewalk.WalkedMemory.MIB2;
import static org.samepage.pagewalk.WalkedMemory.PAGE;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.VmArea;

/** What a callback asks of the walk for its own entry. */
final class WalkActionTest {
  private final WalkedMemory m = new WalkedMemory();

  @AfterEach
  void close() {
    m.close();
  }

  /** Two entries of the level, both with a page below. */
  private VmArea two(long size) {
    VmArea vma = m.map(0, 2 * size / PAGE);
    m.populate(vma, 0, size);
    return vma;
  }

  @Test
  void continue_passes_over_what_is_below_this_pmd_and_no_other() {
    VmArea vma = two(MIB2);
    RecordingOps ops = new RecordingOps(BASE, PMD_ENTRY, PTE_ENTRY);
    ops.answer =
        (visit, walk) -> {
          if (visit.startsWith("pmd@0+")) {
            walk.action = ACTION_CONTINUE;
          }
          return 0;
        };
    assertThat(m.walk(vma, ops)).isZero();
    assertThat(ops.visits).containsExactly("pmd@0+200000", "pmd@200000+200000", "pte@200000+1000");
  }

  @Test
  void continue_passes_over_what_is_below_this_pud_and_no_other() {
    VmArea vma = two(GIB);
    RecordingOps ops = new RecordingOps(BASE, PUD_ENTRY, PMD_ENTRY);
    ops.answer =
        (visit, walk) -> {
          if (visit.startsWith("pud@0+")) {
            walk.action = ACTION_CONTINUE;
          }
          return 0;
        };
    assertThat(m.walk(vma, ops)).isZero();
    assertThat(ops.visits)
        .containsExactly("pud@0+40000000", "pud@40000000+40000000", "pmd@40000000+200000");
  }

  @Test
  void again_looks_at_the_entry_once_more_from_the_test_for_none() {
    for (boolean pud : new boolean[] {true, false}) {
      String what = pud ? "pud" : "pmd";
      VmArea vma = m.map(pud ? 0 : GIB, 1);
      m.populate(vma, vma.vmStart - BASE);
      RecordingOps ops = new RecordingOps(vma.vmStart, PUD_ENTRY, PMD_ENTRY, PTE_HOLE);
      ops.answer =
          (visit, walk) -> {
            if (visit.startsWith(what)) {
              walk.action = ACTION_AGAIN;
              long calls = ops.visits.stream().filter(visit::equals).count();
              if (calls == 2 && pud) {
                m.setPud(vma.vmStart, 0);
              } else if (calls == 2) {
                m.setPmd(vma.vmStart, 0);
              }
            }
            return 0;
          };
      assertThat(m.walk(vma, ops)).isZero();
      if (pud) {
        assertThat(ops.visits).containsExactly("pud@0+1000", "pud@0+1000", "hole2@0+1000");
      } else {
        assertThat(ops.visits)
            .containsExactly("pud@0+1000", "pmd@0+1000", "pmd@0+1000", "hole3@0+1000");
      }
    }
  }

  @Test
  void a_pte_entry_may_have_its_whole_table_walked_again() {
    VmArea vma = m.map(0, 2);
    m.populate(vma, 0, PAGE);
    RecordingOps ops = new RecordingOps(BASE, PMD_ENTRY, PTE_ENTRY);
    ops.answer =
        (visit, walk) -> {
          if (ops.visits.size() == 2) {
            walk.action = ACTION_AGAIN;
          }
          return 0;
        };
    assertThat(m.walk(vma, ops)).isZero();
    assertThat(ops.visits)
        .containsExactly(
            "pmd@0+2000",
            "pte@0+1000",
            "pte@1000+1000",
            "pmd@0+2000",
            "pte@0+1000",
            "pte@1000+1000");
  }

  @Test
  void a_table_that_went_under_the_walk_is_looked_for_again_and_is_a_hole_then() {
    VmArea vma = m.map(0, 2);
    m.populate(vma, 0);
    RecordingOps ops = new RecordingOps(BASE, PMD_ENTRY, PTE_ENTRY, PTE_HOLE);
    ops.answer =
        (visit, walk) -> {
          m.pmdTable(BASE).set(PageUnits.pmdIndex(BASE), 0);
          return 0;
        };
    assertThat(m.walk(vma, ops)).isZero();
    assertThat(ops.visits).containsExactly("pmd@0+2000", "hole3@0+2000");
  }

  @Test
  void a_table_of_pmds_that_went_under_the_walk_is_looked_for_again_too() {
    VmArea vma = m.map(0, 2);
    m.populate(vma, 0);
    RecordingOps ops = new RecordingOps(BASE, PUD_ENTRY, PMD_ENTRY, PTE_HOLE);
    ops.answer =
        (visit, walk) -> {
          m.setPud(BASE, 0);
          return 0;
        };
    assertThat(m.walk(vma, ops)).isZero();
    assertThat(ops.visits).containsExactly("pud@0+2000", "hole2@0+2000");
  }

  @Test
  void what_the_upper_levels_ask_for_is_not_listened_to() {
    VmArea vma = m.map(0, 1);
    m.populate(vma, 0);
    RecordingOps ops = new RecordingOps(BASE, PGD_ENTRY, P4D_ENTRY, PTE_ENTRY);
    ops.answer =
        (visit, walk) -> {
          if (visit.startsWith("p4d")) {
            walk.action = ACTION_AGAIN;
          } else if (visit.startsWith("pgd")) {
            walk.action = ACTION_CONTINUE;
          }
          return 0;
        };
    assertThat(m.walk(vma, ops)).isZero();
    assertThat(ops.visits).containsExactly("pgd@0+1000", "p4d@0+1000", "pte@0+1000");
  }

  @Test
  void a_walk_used_again_does_not_remember_what_was_asked_last() {
    VmArea vma = m.map(0, 1);
    m.populate(vma, 0);
    RecordingOps ops = new RecordingOps(BASE, PMD_ENTRY, PTE_ENTRY);
    ops.answer =
        (visit, walk) -> {
          walk.action = ops.visits.size() == 1 ? ACTION_CONTINUE : walk.action;
          return 0;
        };
    MmWalk walk = new MmWalk(ops);
    assertThat(m.pageWalk.walkPageVma(vma, walk)).isZero();
    assertThat(m.pageWalk.walkPageVma(vma, walk)).isZero();
    assertThat(ops.visits).containsExactly("pmd@0+1000", "pmd@0+1000", "pte@0+1000");
  }
}
