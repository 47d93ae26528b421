// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.rmap.RmapFixture.BASE;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;

final class RmapWalkTest {
  private static final long PAGE = PageUnits.PAGE_SIZE;

  private final RmapFixture f = new RmapFixture();
  private final VmArea parent = f.vma(16);
  private final int pfn = f.faulted(parent, BASE + PAGE);
  private final VmArea child = f.fork(parent, BASE + PAGE);
  private final VmArea grandchild = f.fork(child, BASE + PAGE);

  /** Writes down what it is called with. */
  @BeforeEach
  void lock() {
    f.folios.folioLock(pfn);
  }

  @AfterEach
  void close() {
    f.close();
  }

  private WorkCounters work() {
    return f.memory.sched.current().work;
  }

  private boolean anonLocked() {
    return Objects.requireNonNull(parent.anonVma).root.rwsem.isLocked();
  }

  @Test
  void visits_parents_before_their_children_and_counts() {
    Seen seen = new Seen();
    f.walk.rmapWalk(pfn, seen);
    assertThat(seen.vmas).containsExactly(parent, child, grandchild);
    assertThat(seen.addresses).containsOnly(BASE + PAGE);
    assertThat(work().rmapWalks).isEqualTo(1);
    assertThat(work().rmapIterations).isEqualTo(3);
    assertThat(work().reschedPoints).isEqualTo(3);
    assertThat(anonLocked()).isFalse();
  }

  @Test
  void a_childs_own_page_is_looked_for_below_the_child_alone() {
    int own = f.faulted(child, BASE + 2 * PAGE);
    f.folios.folioLock(own);
    Seen seen = new Seen();
    f.walk.rmapWalk(own, seen);
    assertThat(seen.vmas).containsExactly(child, grandchild);
  }

  @Test
  void ends_where_the_callback_or_done_says_so() {
    Seen two = new Seen();
    two.last = 2;
    f.walk.rmapWalk(pfn, two);
    assertThat(two.vmas).containsExactly(parent, child);
    Seen done =
        new Seen() {
          @Override
          public boolean done(int folio) {
            return true;
          }
        };
    f.walk.rmapWalk(pfn, done);
    assertThat(done.vmas).containsExactly(parent);
    assertThat(anonLocked()).isFalse();
  }

  @Test
  void passes_over_vmas_that_are_not_valid_without_asking_whether_it_is_done() {
    Seen seen =
        new Seen() {
          @Override
          public boolean invalidVma(VmArea vma) {
            return vma == parent || vma == child;
          }

          @Override
          public boolean done(int folio) {
            return true;
          }
        };
    f.walk.rmapWalk(pfn, seen);
    assertThat(seen.vmas).containsExactly(grandchild);
  }

  @Test
  void gives_up_where_the_lock_is_taken_and_it_may_only_try() {
    AnonVma root = Objects.requireNonNull(parent.anonVma).root;
    root.rwsem.writeLock();
    for (boolean anonLock : new boolean[] {false, true}) {
      Seen seen = new Seen();
      seen.tryLock = true;
      seen.anonLock = anonLock;
      f.walk.rmapWalk(pfn, seen);
      assertThat(seen.contended).isTrue();
      assertThat(seen.vmas).isEmpty();
    }
    Seen locked = new Seen();
    f.walk.rmapWalkLocked(pfn, locked);
    assertThat(locked.vmas).as("whoever has the lock may walk").hasSize(3);
    assertThat(root.rwsem.isWriteLocked()).isTrue();
  }

  @Test
  void trap_08_a_stale_mapping_finds_nothing_unless_the_caller_holds_the_anon_vma() {
    for (int i = 0; i < 3; i++) {
      f.rmap.folioRemoveRmapPtes(pfn, parent);
    }
    Seen careful = new Seen();
    careful.anonLock = true;
    f.walk.rmapWalk(pfn, careful);
    assertThat(careful.vmas).isEmpty();
    assertThat(f.folioAnonVma.folioGetAnonVma(pfn)).isNull();
    Seen holder = new Seen();
    f.walk.rmapWalk(pfn, holder);
    assertThat(holder.vmas).as("as remove_migration_ptes walks").hasSize(3);
  }

  @Test
  void trap_07_a_merged_page_has_no_anon_vma_and_is_ksms_to_walk() {
    f.memory.frames.setMapping(pfn, FolioMapping.KSM_WITHOUT_NODE);
    f.walk.rmapWalk(pfn, new Seen());
    assertThat(f.ksmWalks).containsExactly(pfn);
    assertThat(f.folioAnonVma.folioGetAnonVma(pfn)).isNull();
    assertThat(f.folioAnonVma.folioLockAnonVmaRead(pfn, new Seen())).isNull();
    assertThat(f.rmap.pageAddressInVma(pfn, parent)).isEqualTo(AnonRmap.NO_ADDRESS);
    assertThatThrownBy(() -> f.walk.rmapWalkLocked(pfn, new Seen()))
        .hasMessageContaining("a KSM folio");
  }

  @Test
  void trap_04_a_page_is_found_by_its_offset_wherever_its_vma_is_now() {
    Mm mm = parent.vmMm;
    mm.vmas.remove(parent);
    AnonVmas.anonVmaIntervalTreePreUpdateVma(parent);
    parent.vmStart += 1L << 30;
    parent.vmEnd += 1L << 30; // moved: the page offset stays
    AnonVmas.anonVmaIntervalTreePostUpdateVma(parent);
    mm.vmas.insert(parent);
    Seen seen = new Seen();
    f.walk.rmapWalk(pfn, seen);
    assertThat(seen.vmas)
        .as("trap 15: put back behind others of the same start")
        .containsExactly(child, grandchild, parent);
    assertThat(seen.addresses.getLast()).isEqualTo(BASE + PAGE + (1L << 30));
  }

  @Test
  void the_folio_must_be_locked() {
    f.folios.folioUnlock(pfn);
    assertThatThrownBy(() -> f.walk.rmapWalk(pfn, new Seen())).hasMessageContaining("not locked");
    assertThatThrownBy(() -> f.folioAnonVma.folioGetAnonVma(pfn)).hasMessageContaining("locked");
  }

  @Test
  void an_anon_vma_that_is_got_hold_of_outlives_its_vmas() {
    AnonVma held = Objects.requireNonNull(f.folioAnonVma.folioGetAnonVma(pfn));
    assertThat(held).isSameAs(parent.anonVma);
    long alive = f.anonVmas.alive();
    f.anonVmas.putAnonVma(held);
    assertThat(f.anonVmas.alive()).isEqualTo(alive);
  }

  @Test
  void a_files_page_is_looked_for_in_the_vmas_that_have_it() {
    AddressSpace file = new AddressSpace(f.memory.sched, "file", 64 * PAGE);
    VmArea low = f.fileVma(file, 0, 8);
    VmArea high = f.fileVma(file, 8, 8);
    VmArea both = f.fileVma(file, 4, 8);
    int page = f.folios.vmaAllocFolioNoprof(0);
    f.memory.frames.setMapping(page, file);
    f.memory.frames.setIndex(page, 7);
    f.mapFile(low, page, 7);
    f.mapFile(both, page, 7);
    f.folios.folioLock(page);
    Seen seen = new Seen();
    f.walk.rmapWalk(page, seen);
    assertThat(seen.vmas).containsExactly(low, both);
    assertThat(seen.addresses).containsExactly(BASE + 7 * PAGE, BASE + 3 * PAGE);
    assertThat(f.rmap.pageAddressInVma(page, low)).isEqualTo(BASE + 7 * PAGE);
    assertThat(f.rmap.pageAddressInVma(page, high)).isEqualTo(AnonRmap.NO_ADDRESS);
    assertThat(f.rmap.pageAddressInVma(page, parent)).isEqualTo(AnonRmap.NO_ADDRESS);
    FileVmas.unlinkFileVma(low);
    Seen fewer = new Seen();
    f.walk.rmapWalk(page, fewer);
    assertThat(fewer.vmas).containsExactly(both);
    file.iMmapRwsem.writeLock();
    Seen refused = new Seen();
    refused.tryLock = true;
    f.walk.rmapWalk(page, refused);
    assertThat(refused.contended).isTrue();
  }

  @Test
  void a_forked_file_vma_stands_right_behind_its_parent_among_equals() {
    AddressSpace file = new AddressSpace(f.memory.sched, "file", 64 * PAGE);
    List<VmArea> order = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      order.add(f.fileVma(file, 3, 4));
    }
    for (int i = 4; i >= 0; i--) {
      VmArea copy = order.get(i).vmAreaDup(f.memory.mm());
      FileVmas.linkChild(copy, order.get(i));
      order.add(i + 1, copy);
    }
    VmArea at = VmaIntervalTree.vmaIntervalTreeIterFirst(file.iMmap, 0, 99, work());
    for (VmArea expected : order) {
      assertThat(at).isSameAs(expected);
      at = VmaIntervalTree.vmaIntervalTreeIterNext(Objects.requireNonNull(at), 0, 99, work());
    }
    assertThat(at).isNull();
  }

  @Test
  void a_query_for_one_page_looks_at_few_nodes_of_many() {
    Mm mm = f.memory.mm();
    VmArea all = f.memory.map(mm, BASE, 4096, parent.vmFlags);
    mm.mmapLock.readLock();
    f.anonVmas.anonVmaPrepare(all);
    AnonVma anonVma = Objects.requireNonNull(all.anonVma);
    AnonVmas.anonVmaIntervalTreePreUpdateVma(all);
    all.vmEnd = BASE + PAGE;
    AnonVmas.anonVmaIntervalTreePostUpdateVma(all);
    for (int i = 1; i < 4096; i++) {
      VmArea piece = new VmArea(mm, BASE + i * PAGE, BASE + (i + 1) * PAGE, 0, all.vmPgoff + i);
      f.anonVmas.anonVmaClone(piece, all);
    }
    long most = 0;
    for (int i = 0; i < 4096; i += 37) {
      long before = work().intervalNodes;
      long at = all.vmPgoff + i;
      var found = AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(anonVma.rbRoot, at, at, work());
      assertThat(Objects.requireNonNull(found).vma.vmPgoff).isEqualTo(at);
      assertThat(AnonVmaIntervalTree.anonVmaIntervalTreeIterNext(found, at, at, work())).isNull();
      most = Math.max(most, work().intervalNodes - before);
    }
    // a red-black tree of 4096 is at most 24 deep; a step looks at two nodes, and up again at one
    assertThat(most).isBetween(12L, 72L);
    long before = work().intervalNodes;
    var at = AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(anonVma.rbRoot, 0, -1, work());
    while (at != null) {
      at = AnonVmaIntervalTree.anonVmaIntervalTreeIterNext(at, 0, -1, work());
    }
    assertThat(work().intervalNodes - before).as("of all").isGreaterThanOrEqualTo(4096);
  }

  @Test
  void a_walk_over_a_file_waits_for_its_lock_or_has_it_already() {
    AddressSpace file = new AddressSpace(f.contention, "file", 64 * PAGE);
    VmArea vma = f.fileVma(file, 0, 8);
    int page = f.folios.vmaAllocFolioNoprof(0);
    f.memory.frames.setMapping(page, file);
    f.memory.frames.setIndex(page, 7);
    assertThatThrownBy(() -> f.walk.rmapWalk(page, new Seen())).hasMessageContaining("not locked");
    f.folios.folioLock(page);
    file.iMmapRwsem.writeLock();
    f.contention.once(file.iMmapRwsem::writeUnlock);
    Seen waited = new Seen();
    f.walk.rmapWalk(page, waited);
    assertThat(waited.vmas).containsExactly(vma);
    assertThat(waited.contended).isFalse();
    assertThat(file.iMmapRwsem.isLocked()).isFalse();
    file.iMmapRwsem.writeLock();
    Seen holder = new Seen();
    f.walk.rmapWalkLocked(page, holder);
    assertThat(holder.vmas).containsExactly(vma);
    assertThat(file.iMmapRwsem.isWriteLocked()).isTrue();
    assertThat(work().rmapWalks).isEqualTo(2);
    f.memory.frames.setMapping(page, null);
    Seen nobodys = new Seen();
    f.walk.rmapWalkLocked(page, nobodys);
    assertThat(nobodys.vmas).as("truncated meanwhile").isEmpty();
  }

  @Test
  void a_walk_with_the_lock_held_needs_an_anon_vma_and_a_locked_folio() {
    f.folios.folioUnlock(pfn);
    assertThatThrownBy(() -> f.walk.rmapWalkLocked(pfn, new Seen()))
        .hasMessageContaining("not locked");
  }

  @Test
  void a_page_of_a_file_has_an_address_where_that_file_is_mapped() {
    AddressSpace file = new AddressSpace(f.memory.sched, "file", 64 * PAGE);
    VmArea vma = f.fileVma(file, 3, 8);
    VmArea other = f.fileVma(new AddressSpace(f.memory.sched, "other", 64 * PAGE), 3, 8);
    int page = f.folios.vmaAllocFolioNoprof(0);
    f.memory.frames.setMapping(page, file);
    f.memory.frames.setIndex(page, 5);
    assertThat(f.rmap.pageAddressInVma(page, vma)).isEqualTo(BASE + 2 * PAGE);
    assertThat(f.rmap.pageAddressInVma(page, other)).isEqualTo(AnonRmap.NO_ADDRESS);
  }
}
