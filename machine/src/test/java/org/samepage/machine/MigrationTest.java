// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.migrate.MovePages.MPOL_MF_MOVE;
import static org.samepage.machine.migrate.MovePages.MPOL_MF_MOVE_ALL;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.pte;
import static org.samepage.machine.testing.TestMachine.write;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.samepage.machine.check.MachineChecker;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.MmFlags;
import org.samepage.mm.work.WorkCounters;

final class MigrationTest {
  private static final long PAGE = PageUnits.PAGE_SIZE;

  private static TestMachine boot(String... settings) {
    List<String> all = new ArrayList<>(List.of("machine.nodes=2", "machine.swap=64"));
    all.addAll(List.of(settings));
    return TestMachine.boot("linux-6.18", all.toArray(String[]::new));
  }

  private static int move(UserProcess p, long index, int node, int flags) throws SyscallException {
    int[] status = new int[1];
    var _ = p.movePages(new long[] {page(index)}, new int[] {node}, status, flags);
    return status[0];
  }

  private static int nodeOf(TestMachine m, UserProcess p, long index) {
    return m.machine.memory().allocator().pfnToNid(pfn(p, index));
  }

  @Test
  void a_page_moves_to_another_node_and_keeps_all_that_its_entry_said() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(2);
      write(a, 0, 7);
      long before = TestMachine.flags(a, 0);
      int old = pfn(a, 0);
      assertThat(move(a, 0, 1, MPOL_MF_MOVE)).isEqualTo(1);
      assertThat(pfn(a, 0)).isNotEqualTo(old);
      assertThat(nodeOf(m, a, 0)).isEqualTo(1);
      assertThat(TestMachine.flags(a, 0)).isEqualTo(before);
      assertThat(m.machine.memory().folios().pageAnonExclusive(pfn(a, 0))).isTrue();
      check(a, 0, 7);
      assertThat(move(a, 0, 1, MPOL_MF_MOVE)).as("there already").isEqualTo(1);
    }
  }

  @Test
  void an_active_page_stays_so_on_its_new_frame() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(1);
      write(a, 0, 7);
      Frames frames = m.machine.memory().folios().frames();
      assertThat(move(a, 0, 1, MPOL_MF_MOVE)).isEqualTo(1);
      assertThat(frames.testFlag(pfn(a, 0), PageFlags.PG_ACTIVE)).isFalse();
      frames.setFlag(pfn(a, 0), PageFlags.PG_ACTIVE);
      assertThat(move(a, 0, 0, MPOL_MF_MOVE)).isZero();
      assertThat(frames.testFlag(pfn(a, 0), PageFlags.PG_ACTIVE)).isTrue();
    }
  }

  @Test
  void statuses_are_those_of_move_pages() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(4);
      write(a, 0, 1);
      a.touch(page(1)); // the zero page
      write(a, 3, 3);
      UserProcess b = a.fork();
      long[] pages = {page(0), page(1), page(2), page(1000), page(3)};
      int[] status = new int[5];
      assertThat(a.movePages(pages, new int[] {1, 1, 1, 1, 0}, status, MPOL_MF_MOVE)).isZero();
      assertThat(status)
          .as("mapped by the child too, zero page, nothing there, no mapping, there already")
          .containsExactly(-Errno.EACCES, -Errno.EFAULT, -Errno.ENOENT, -Errno.EFAULT, 0);
      assertThat(a.movePages(pages, null, status, 0)).isZero();
      assertThat(status).containsExactly(0, -Errno.EFAULT, -Errno.ENOENT, -Errno.EFAULT, 0);
      assertThatThrownBy(() -> move(a, 0, 2, MPOL_MF_MOVE)).hasMessageContaining("ENODEV");
      assertThatThrownBy(() -> move(a, 0, 1, 1)).hasMessageContaining("EINVAL");
      assertThat(move(a, 0, 1, MPOL_MF_MOVE_ALL)).isEqualTo(1);
      assertThat(pfn(b, 0)).isEqualTo(pfn(a, 0));
    }
  }

  @Test
  void a_merged_page_named_twice_is_busy_the_second_time_and_there_the_third() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.mergeable(3);
      for (int i = 0; i < 3; i++) {
        write(a, i, 7);
      }
      m.passes(2);
      int[] status = new int[3];
      long[] pages = {page(0), page(1), page(2)};
      assertThat(a.movePages(pages, new int[] {1, 1, 1}, status, MPOL_MF_MOVE_ALL)).isZero();
      assertThat(status).containsExactly(1, -Errno.EBUSY, 1);
      assertThat(pfn(a, 2)).isEqualTo(pfn(a, 0));
    }
  }

  @Test
  void trap_20_a_reference_that_nobody_knows_keeps_a_page_where_it_is() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(2);
      write(a, 0, 7);
      Folios folios = m.machine.memory().folios();
      int pfn = pfn(a, 0);
      long before = pte(a, 0);
      folios.folioGet(pfn);
      int[] status = {99};
      assertThat(a.movePages(new long[] {page(0)}, new int[] {1}, status, MPOL_MF_MOVE))
          .as("pages that were not moved")
          .isEqualTo(1);
      assertThat(status[0]).as("untouched, as on Linux").isEqualTo(99);
      assertThat(pte(a, 0)).as("the entry is restored").isEqualTo(before);
      assertThatThrownBy(() -> a.migrateWithinNode(page(0), PAGE)).hasMessageContaining("EBUSY");
      folios.folioPut(pfn);
      a.migrateWithinNode(page(0), PAGE);
      assertThat(pfn(a, 0)).isNotEqualTo(pfn);
      assertThat(nodeOf(m, a, 0)).isZero();
      check(a, 0, 7);
    }
  }

  /** rmap.c of the kernel's selftests: a fork tree in which every process must see the new page. */
  private static List<UserProcess> tree(UserProcess root, int levels, int children)
      throws SyscallException {
    List<UserProcess> all = new ArrayList<>(List.of(root));
    List<UserProcess> level = List.of(root);
    for (int i = 0; i < levels; i++) {
      List<UserProcess> next = new ArrayList<>();
      for (UserProcess parent : level) {
        for (int c = 0; c < children; c++) {
          next.add(parent.fork());
        }
      }
      all.addAll(next);
      level = next;
    }
    return all;
  }

  private static void expectSameFrame(TestMachine m, List<UserProcess> all, int old, long contents)
      throws SyscallException {
    int fresh = pfn(all.getFirst(), 0);
    assertThat(fresh).isNotEqualTo(old);
    assertThat(m.machine.memory().allocator().pfnToNid(fresh)).isEqualTo(1);
    for (UserProcess p : all) {
      assertThat(pfn(p, 0)).isEqualTo(fresh);
      check(p, 0, contents);
    }
    MachineChecker.check(m.machine);
  }

  @Test
  void migrate_anon_every_process_of_a_fork_tree_sees_the_new_frame() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess root = m.process(1);
      write(root, 0, 0xcf);
      List<UserProcess> all = tree(root, 4, 2);
      assertThat(all).hasSize(31);
      int old = pfn(root, 0);
      long walksBefore = m.machine.work().rmapWalks;
      long foundBefore = m.machine.work().ptesFound;
      UserProcess worker = all.get(20);
      assertThat(move(worker, 0, 1, MPOL_MF_MOVE_ALL)).isEqualTo(1);
      expectSameFrame(m, all, old, 0xcf);
      WorkCounters work = m.machine.work();
      assertThat(work.rmapWalks - walksBefore).as("away and back").isEqualTo(2);
      assertThat(work.ptesFound - foundBefore).isEqualTo(2 * 31);
    }
  }

  @Test
  void migrate_anon_finds_the_rest_of_a_tree_whose_root_has_exited() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess root = m.process(1);
      write(root, 0, 0xcf);
      List<UserProcess> all = tree(root, 3, 2);
      int old = pfn(root, 0);
      root.exit();
      all.remove(0);
      all.get(3).exit();
      all.remove(3);
      assertThat(move(all.getLast(), 0, 1, MPOL_MF_MOVE_ALL)).isEqualTo(1);
      expectSameFrame(m, all, old, 0xcf);
    }
  }

  @Test
  void migrate_shm_every_process_that_maps_the_file_sees_the_new_frame() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess root = m.machine.newProcess();
      root.mmap(new Mmap.Request(BASE, 4 * PAGE, TestMachine.RW, true, false, false, null, 0));
      write(root, 0, 0xcf);
      List<UserProcess> all = tree(root, 3, 2);
      for (UserProcess p : all) {
        p.touch(page(0));
      }
      int old = pfn(root, 0);
      assertThat(move(all.getLast(), 0, 1, MPOL_MF_MOVE_ALL)).isEqualTo(1);
      expectSameFrame(m, all, old, 0xcf);
      write(all.get(3), 0, 0xd0);
      check(root, 0, 0xd0);
    }
  }

  @Test
  void migrate_file_only_the_vmas_that_have_the_page_are_asked() throws Exception {
    try (TestMachine m = boot()) {
      var file = m.machine.newFile(16 * PAGE);
      for (int i = 0; i < 16; i++) {
        m.machine.writeFile(file, i, TestMachine.content(i));
      }
      UserProcess a = m.machine.newProcess();
      a.mmap(new Mmap.Request(BASE, 8 * PAGE, TestMachine.RW, true, false, false, file, 0));
      a.mmap(
          new Mmap.Request(
              page(100), 8 * PAGE, TestMachine.RW, true, false, false, file, 8 * PAGE));
      a.mmap(
          new Mmap.Request(
              page(200), 4 * PAGE, TestMachine.RW, true, false, false, file, 6 * PAGE));
      a.touch(page(7));
      a.touch(page(201));
      a.mprotect(page(2), PAGE, 1); // three VMAs now
      long before = m.machine.work().rmapIterations;
      assertThat(move(a, 7, 1, MPOL_MF_MOVE)).as("mapped twice").isEqualTo(-Errno.EACCES);
      assertThat(move(a, 7, 1, MPOL_MF_MOVE_ALL)).isEqualTo(1);
      assertThat(m.machine.work().rmapIterations - before)
          .as("two VMAs have page 7, and both walks ask those alone; done ends the first early")
          .isEqualTo(2 + 2);
      assertThat(pfn(a, 201)).isEqualTo(pfn(a, 7));
      assertThat(file.page(7)).isEqualTo(pfn(a, 7));
      check(a, 201, 7);
    }
  }

  @Test
  void migrate_ksm_one_merged_page_of_many_anon_vmas() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess first = m.machine.newProcess();
      first.prctlMemoryMerge(1);
      List<UserProcess> all = tree(first, 3, 2);
      for (UserProcess p : all) {
        p.mmap(BASE, PAGE, TestMachine.RW, false);
        write(p, 0, 0xcf);
      }
      m.passes(3);
      int old = pfn(first, 0);
      assertThat(all).allMatch(p -> pfn(p, 0) == old);
      assertThat(move(all.get(9), 0, 1, MPOL_MF_MOVE_ALL)).isEqualTo(1);
      expectSameFrame(m, all, old, 0xcf);
      m.passes(2);
      assertThat(m.ksm("pages_sharing")).as("the stable node followed").isEqualTo(14);
    }
  }

  @Test
  void migrate_ksm_and_mremap_finds_pages_that_were_moved_before_merging() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(32);
      for (int i = 0; i < 32; i++) {
        write(a, i, 0x77);
      }
      int flags = Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED;
      a.mremap(page(16), 16 * PAGE, 16 * PAGE, flags, BASE);
      a.madvise(BASE, 16 * PAGE, Advice.MERGEABLE);
      m.passes(3);
      int old = pfn(a, 0);
      assertThat(move(a, 0, 1, MPOL_MF_MOVE_ALL)).isEqualTo(1);
      for (int i = 0; i < 16; i++) {
        assertThat(pfn(a, i)).isEqualTo(pfn(a, 0)).isNotEqualTo(old);
      }
    }
  }

  @Test
  void children_forked_since_the_merge_follow_too() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.mergeable(2);
      write(a, 0, 1);
      write(a, 1, 1);
      m.passes(2);
      List<UserProcess> all = tree(a, 2, 2);
      int old = pfn(a, 0);
      assertThat(move(all.getLast(), 1, 1, MPOL_MF_MOVE_ALL)).isEqualTo(1);
      expectSameFrame(m, all, old, 1);
    }
  }

  @Test
  void a_copy_in_the_swap_cache_moves_with_its_slot() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(1);
      write(a, 0, 5);
      UserProcess b = a.fork();
      a.swapOut(page(0), PAGE);
      a.touch(page(0));
      int old = pfn(a, 0);
      assertThat(m.machine.memory().folios().folioTestSwapcache(old)).isTrue();
      a.migrateWithinNode(page(0), PAGE);
      assertThat(pfn(a, 0)).isNotEqualTo(old);
      MachineChecker.check(m.machine);
      b.touch(page(0));
      assertThat(pfn(b, 0)).isEqualTo(pfn(a, 0));
      check(b, 0, 5);
    }
  }

  @Test
  void a_frame_that_is_taken_out_is_not_handed_out_again() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.mergeable(4);
      write(a, 0, 5);
      write(a, 1, 6);
      write(a, 2, 6);
      m.passes(2);
      int old = pfn(a, 0);
      int merged = pfn(a, 1);
      a.offline(page(0), 4 * PAGE);
      assertThat(m.machine.memory().allocator().pagesIsolated()).isEqualTo(2);
      assertThat(pfn(a, 2)).isEqualTo(pfn(a, 1)).isNotEqualTo(merged);
      a.munmap(page(0), PAGE);
      for (int i = 0; i < 64; i++) {
        UserProcess p = m.process(1);
        write(p, 0, i);
        assertThat(pfn(p, 0)).isNotIn(old, merged);
      }
    }
  }

  @Test
  void a_frame_in_use_by_somebody_unknown_cannot_be_taken_out() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(1);
      write(a, 0, 5);
      int pfn = pfn(a, 0);
      m.machine.memory().folios().folioGet(pfn);
      assertThatThrownBy(() -> a.offline(page(0), PAGE)).hasMessageContaining("EBUSY");
      m.machine.memory().folios().folioPut(pfn);
      assertThat(m.machine.memory().allocator().pagesIsolated()).isZero();
      check(a, 0, 5);
      a.exit();
      UserProcess b = m.process(1);
      write(b, 0, 5);
      assertThat(m.machine.memory().allocator().pagesIsolated()).isZero();
    }
  }

  @Test
  void a_full_node_takes_no_page() throws Exception {
    try (TestMachine m = boot("machine.memory=512K")) {
      UserProcess a = m.process(110); // of 64 frames on each node, with the tables
      for (int i = 0; i < 110; i++) {
        write(a, i, i);
      }
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 60; i++) {
                  var _ = move(a, i, 1, MPOL_MF_MOVE);
                }
              })
          .hasMessageContaining("ENOMEM");
      check(a, 5, 5);
    }
  }

  @Test
  void a_page_that_may_be_pinned_is_copied_by_fork_and_stays_the_parents() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess a = m.process(3);
      for (int i = 0; i < 3; i++) {
        write(a, i, i);
      }
      Folios folios = m.machine.memory().folios();
      int pinned = pfn(a, 1);
      a.mm().mmFlagsSet(MmFlags.MMF_HAS_PINNED);
      for (int i = 0; i < 1024; i++) {
        folios.folioGet(pinned);
      }
      UserProcess b = a.fork();
      assertThat(pfn(b, 1)).isNotEqualTo(pinned);
      assertThat(pfn(b, 2)).isEqualTo(pfn(a, 2));
      assertThat(Pte.pteWrite(pte(a, 1))).as("still writable by its owner").isTrue();
      assertThat(Pte.pteWrite(pte(b, 1))).isTrue();
      check(b, 1, 1);
      for (int i = 0; i < 1024; i++) {
        folios.folioPut(pinned);
      }
    }
  }
}
