// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.mmap.Mremap.MREMAP_DONTUNMAP;
import static org.samepage.machine.mmap.Mremap.MREMAP_FIXED;
import static org.samepage.machine.mmap.Mremap.MREMAP_MAYMOVE;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.check;
import static org.samepage.machine.testing.TestMachine.flags;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.pte;
import static org.samepage.machine.testing.TestMachine.write;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.proc.ProcMaps;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.AnonVmaChain;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.mm.work.WorkCounters;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.AnonVmaIntervalTree;
import org.samepage.rmap.RmapWalkControl;

/**
 * Where a port goes wrong first: a test for each trap that address spaces, faults, fork and
 * anon_vmas set. Those of words alone are beside mm-core; 9 to 11 and 22 belong to the page walk
 * and to huge pages.
 */
final class PortMmTrapsTest {
  private static final int MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;

  /** Written, and its mapping's own. */
  private static final long WRITTEN = 0x8000_0000_0000_0067L;

  /** Merged, or unshared: may be read, clean. */
  private static final long CLEAN = 0x8000_0000_0000_0025L;

  private final TestMachine m = TestMachine.boot("linux-6.18");
  private final Folios folios = m.machine.memory().folios();
  private final AnonRmap rmap = new AnonRmap(folios);

  @AfterEach
  void close() {
    m.close();
  }

  private static VmArea vma(UserProcess process, long index) {
    return Objects.requireNonNull(process.mm().vmas.vmaLookup(page(index)));
  }

  private static AnonVma anonVma(UserProcess process, long index) {
    return Objects.requireNonNull(vma(process, index).anonVma);
  }

  private UserProcess merged(long pages) throws SyscallException {
    UserProcess process = m.mergeable(pages);
    for (int i = 0; i < pages; i++) {
      write(process, i, 7);
    }
    m.passes(2);
    assertThat(folios.folioTestKsm(pfn(process, 0))).isTrue();
    return process;
  }

  private static List<AnonVma> newestFirst(VmArea vma) {
    List<AnonVma> found = new ArrayList<>();
    for (AnonVmaChain avc = vma.newestChain(); avc != null; avc = avc.nextSameVma()) {
      found.add(avc.anonVma);
    }
    return found;
  }

  /** The address spaces that an anon_vma finds for one page offset, in its order. */
  private static List<Mm> order(AnonVma anonVma, long index) {
    List<Mm> found = new ArrayList<>();
    AnonVmaChain avc =
        AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(
            anonVma.rbRoot, index, index, new WorkCounters());
    while (avc != null) {
      found.add(avc.vma.vmMm);
      avc = AnonVmaIntervalTree.anonVmaIntervalTreeIterNext(avc, index, index, new WorkCounters());
    }
    return found;
  }

  @Test
  void trap_01_the_dirty_bit_of_a_write_protected_entry_is_bit_58() throws Exception {
    UserProcess parent = m.process(1);
    write(parent, 0, 1);
    assertThat(flags(parent, 0)).isEqualTo(WRITTEN);
    UserProcess child = parent.fork();
    assertThat(flags(parent, 0)).isEqualTo(0x8400_0000_0000_0025L);
    assertThat(flags(child, 0)).as("not yet accessed").isEqualTo(0x8400_0000_0000_0005L);
    child.exit();
    write(parent, 0, 2);
    assertThat(flags(parent, 0)).as("and back").isEqualTo(WRITTEN);
  }

  @Test
  void trap_03_the_scanner_steps_over_a_guard_in_a_mergeable_mapping() throws Exception {
    UserProcess p = m.mergeable(3);
    write(p, 0, 1);
    write(p, 2, 1);
    p.madvise(page(1), 4096, Advice.GUARD_INSTALL);
    m.passes(3);
    assertThat(pte(p, 1)).isEqualTo(0xffff_ffff_ffff_f600L);
    assertThat(m.machine.log().reports()).isEmpty();
    assertThat(m.ksm("pages_sharing")).isEqualTo(1);
  }

  @Test
  void trap_04_the_offset_of_anonymous_memory_is_its_first_address_and_moves_keep_it()
      throws Exception {
    UserProcess p = m.process(4);
    long first = BASE >>> 12;
    assertThat(vma(p, 0).vmPgoff).isEqualTo(first);
    write(p, 1, 1);
    p.mremap(BASE, 4 * 4096, 4 * 4096, MOVE, page(20));
    assertThat(vma(p, 20).vmPgoff).isEqualTo(first);
    assertThat(folios.frames().index(pfn(p, 21)))
        .isEqualTo(first + 1)
        .isNotEqualTo(page(21) >>> 12);
    assertThat(rmap.pageAddressInVma(pfn(p, 21), vma(p, 20))).isEqualTo(page(21));
    UserProcess unfaulted = m.process(4);
    unfaulted.mremap(BASE, 4 * 4096, 4 * 4096, MOVE, page(20));
    assertThat(vma(unfaulted, 20).vmPgoff).as("nothing to find yet").isEqualTo(first + 20);
  }

  @Test
  void trap_05_exclusive_and_mapped_once_are_different_things() throws Exception {
    UserProcess parent = m.process(1);
    write(parent, 0, 1);
    int pfn = pfn(parent, 0);
    assertThat(folios.pageAnonExclusive(pfn)).isTrue();
    UserProcess child = parent.fork();
    assertThat(folios.pageAnonExclusive(pfn)).isFalse();
    assertThat(folios.folioMapcount(pfn)).isEqualTo(2);
    child.exit();
    assertThat(folios.folioMapcount(pfn)).isEqualTo(1);
    assertThat(folios.pageAnonExclusive(pfn)).as("until it is written").isFalse();
    write(parent, 0, 2);
    assertThat(pfn(parent, 0)).isEqualTo(pfn);
    assertThat(folios.pageAnonExclusive(pfn)).isTrue();
  }

  @Test
  void trap_06_a_merged_page_is_never_reused_even_by_its_last_mapping() throws Exception {
    UserProcess p = merged(2);
    int pfn = pfn(p, 1);
    write(p, 0, 1);
    assertThat(folios.folioMapcount(pfn)).isEqualTo(1);
    assertThat(folios.folioRefCount(pfn)).isEqualTo(1);
    write(p, 1, 2);
    assertThat(pfn(p, 1)).isNotEqualTo(pfn);
    assertThat(flags(p, 1)).isEqualTo(WRITTEN);
  }

  @Test
  void trap_07_a_merged_page_is_anonymous_and_has_no_anon_vma() throws Exception {
    UserProcess p = merged(2);
    int pfn = pfn(p, 0);
    assertThat(folios.folioTestAnon(pfn)).isTrue();
    assertThat(Objects.requireNonNull(folios.folioRawMapping(pfn)).mappingFlags()).isEqualTo(3);
    assertThat(rmap.folioAnonVma(pfn)).isNull();
    assertThat(rmap.pageAddressInVma(pfn, vma(p, 0))).isEqualTo(AnonRmap.NO_ADDRESS);
  }

  @Test
  void trap_08_the_stable_tree_holds_no_reference_and_lets_its_page_be_freed() throws Exception {
    UserProcess p = merged(3);
    int pfn = pfn(p, 0);
    assertThat(folios.folioRefCount(pfn)).isEqualTo(3).isEqualTo(folios.folioMapcount(pfn));
    long before = m.machine.memory().allocator().pagesInUse();
    p.madvise(BASE, 3 * 4096, Advice.DONTNEED);
    assertThat(folios.folioRefCount(pfn)).isZero();
    assertThat(m.machine.memory().allocator().pagesInUse()).isEqualTo(before - 1);
    assertThat(m.ksm("pages_shared")).as("nobody told it").isEqualTo(1);
    m.passes(1);
    assertThat(m.ksm("pages_shared")).isZero();
  }

  @Test
  void trap_12_links_are_cloned_oldest_first_and_an_abandoned_anon_vma_is_taken_over()
      throws Exception {
    UserProcess parent = m.process(1);
    write(parent, 0, 1);
    AnonVma root = anonVma(parent, 0);
    assertThat(root.numChildren).as("itself").isEqualTo(1);
    UserProcess child = parent.fork();
    AnonVma second = anonVma(child, 0);
    assertThat(newestFirst(vma(child, 0))).containsExactly(second, root);
    assertThat(root.numChildren).isEqualTo(2);
    UserProcess grandchild = child.fork();
    AnonVma third = anonVma(grandchild, 0);
    assertThat(newestFirst(vma(grandchild, 0))).containsExactly(third, second, root);
    assertThat(third.parent).isSameAs(second);
    parent.exit();
    child.exit();
    assertThat(root.numActiveVmas).isZero();
    UserProcess last = grandchild.fork();
    assertThat(anonVma(last, 0)).as("one child, no VMA: taken over").isSameAs(second);
    assertThat(newestFirst(vma(last, 0))).containsExactly(third, second, root);
  }

  @Test
  void trap_13_a_forked_mapping_does_not_grow_into_a_new_one() throws Exception {
    UserProcess parent = m.process(4);
    write(parent, 1, 1);
    UserProcess child = parent.fork();
    parent.mmap(page(4), 4096, RW, true);
    child.mmap(page(4), 4096, RW, true);
    assertThat(parent.mm().vmas.size()).isEqualTo(1);
    assertThat(child.mm().vmas.size()).isEqualTo(2);
  }

  @Test
  void trap_13_between_two_strangers_a_new_mapping_joins_the_left_one() throws Exception {
    UserProcess p = m.process(2);
    p.mmap(page(4), 8192, RW, true);
    write(p, 0, 1);
    write(p, 4, 1);
    p.mmap(page(2), 8192, RW, true);
    assertThat(p.mm().vmas.size()).isEqualTo(2);
    assertThat(vma(p, 3).vmStart).isEqualTo(BASE);
  }

  @Test
  void trap_14_the_next_neighbours_anon_vma_is_taken_first_whatever_may_be_done_there()
      throws Exception {
    UserProcess p = m.process(1);
    write(p, 0, 1);
    p.mmap(page(2), 4096, RW, true);
    write(p, 2, 1);
    p.mprotect(page(0), 4096, 1);
    p.mprotect(page(2), 4096, 1);
    p.mmap(page(1), 4096, RW, true);
    write(p, 1, 1);
    assertThat(anonVma(p, 1)).isSameAs(anonVma(p, 2)).isNotSameAs(anonVma(p, 0));
  }

  @Test
  void trap_15_equal_intervals_are_met_in_the_order_of_insertion_and_a_change_moves_one_behind()
      throws Exception {
    UserProcess parent = m.process(4);
    write(parent, 0, 1);
    AnonVma anonVma = anonVma(parent, 0);
    UserProcess first = parent.fork();
    UserProcess second = parent.fork();
    long index = BASE >>> 12;
    assertThat(order(anonVma, index)).containsExactly(parent.mm(), first.mm(), second.mm());
    assertThat(order(anonVma, index + 3)).as("the last page is in it").hasSize(3);
    assertThat(order(anonVma, index + 4)).isEmpty();
    parent.munmap(page(3), 4096);
    assertThat(order(anonVma, index)).containsExactly(first.mm(), second.mm(), parent.mm());
    assertThat(order(anonVma, index + 3)).containsExactly(first.mm(), second.mm());
  }

  @Test
  void trap_16_a_move_unshares_first_and_stays_mergeable() throws Exception {
    UserProcess p = merged(4);
    p.mremap(BASE, 8192, 8192, MOVE, page(20));
    for (long i : new long[] {20, 21}) {
      assertThat(folios.folioTestKsm(pfn(p, i))).isFalse();
      assertThat(flags(p, i)).isEqualTo(CLEAN);
      check(p, i, 7);
    }
    assertThat(vma(p, 20).has(VmFlags.VM_MERGEABLE)).isTrue();
    assertThat(vma(p, 2).has(VmFlags.VM_MERGEABLE)).isTrue();
    assertThat(folios.folioTestKsm(pfn(p, 2))).as("what stayed").isTrue();
  }

  @Test
  void trap_16_shrinking_and_growing_in_place_unshare_nothing() throws Exception {
    UserProcess p = merged(4);
    p.mremap(BASE, 4 * 4096, 3 * 4096, 0, 0);
    p.mremap(BASE, 3 * 4096, 6 * 4096, 0, 0);
    for (int i = 0; i < 3; i++) {
      assertThat(folios.folioTestKsm(pfn(p, i))).isTrue();
    }
    assertThat(folios.folioMapcount(pfn(p, 0))).isEqualTo(3);
  }

  @Test
  void trap_17_dontunmap_needs_a_place_that_makes_sense_and_does_not_cut_the_source()
      throws Exception {
    UserProcess p = m.process(12);
    write(p, 4, 4);
    int dontunmap = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    assertThatThrownBy(() -> p.mremap(page(4), 4096, 4096, dontunmap, 0x7fff_ffff_f123L))
        .hasMessageContaining("EINVAL");
    p.mremap(page(4), 4 * 4096, 4 * 4096, dontunmap, page(20));
    assertThat(ProcMaps.lines(p.mm())).hasSize(2);
    assertThat(vma(p, 4).vmaPages()).isEqualTo(12);
    assertThat(pte(p, 4)).isZero();
    check(p, 20, 4);
    assertThat(vma(p, 4).anonVma).as("a part moved: the rest still needs it").isNotNull();
    p.mremap(BASE, 12 * 4096, 12 * 4096, dontunmap, page(40));
    assertThat(vma(p, 4).anonVma).as("all of it moved").isNull();
  }

  @Test
  void trap_18_a_child_gets_entries_of_mappings_with_an_anon_vma_and_of_guarded_ones_alone()
      throws Exception {
    UserProcess parent = m.process(2);
    parent.touch(BASE);
    assertThat(parent.fork().mm().pgTables.pteTable(BASE)).isNull();
    parent.madvise(page(1), 4096, Advice.GUARD_INSTALL);
    assertThat(vma(parent, 0).anonVma).isNotNull();
    UserProcess child = parent.fork();
    assertThat(pte(child, 1)).isEqualTo(PteMarker.makePteMarker(PteMarker.GUARD));
    assertThat(flags(child, 0)).as("now the zero page too").isEqualTo(0x8000_0000_0000_0205L);
  }

  @Test
  void trap_19_a_table_goes_with_its_last_neighbour_or_with_one_call_for_all_of_it()
      throws Exception {
    UserProcess p = m.process(512);
    p.mmap(page(512), 512 * 4096, 1, true);
    p.writeByte(page(0), (byte) 1);
    p.touch(page(512));
    p.touch(page(1023));
    assertThat(p.mm().pgTables.pgtablesBytes()).isEqualTo(4 * 4096);
    p.munmap(page(513), 511 * 4096);
    assertThat(p.mm().pgTables.pgtablesBytes()).as("page 512 is there").isEqualTo(4 * 4096);
    p.munmap(page(512), 4096);
    assertThat(p.mm().pgTables.pgtablesBytes()).isEqualTo(3 * 4096);
    p.madvise(page(0), PageUnits.PMD_SIZE - 4096, Advice.DONTNEED);
    assertThat(p.mm().pgTables.pgtablesBytes()).as("a page short of all").isEqualTo(3 * 4096);
    p.madvise(page(0), PageUnits.PMD_SIZE, Advice.DONTNEED);
    assertThat(p.mm().pgTables.pgtablesBytes()).isEqualTo(2 * 4096);
  }

  @Test
  void trap_20_a_reference_too_many_keeps_a_page_from_being_merged() throws Exception {
    UserProcess p = m.mergeable(2);
    write(p, 0, 1);
    write(p, 1, 1);
    int held = pfn(p, 1);
    folios.folioGet(held);
    m.passes(3);
    assertThat(m.ksm("pages_shared")).isZero();
    assertThat(flags(p, 1)).isEqualTo(WRITTEN);
    assertThat(folios.folioRefCount(held)).as("passes leave none behind").isEqualTo(2);
    folios.folioPut(held);
    m.passes(2);
    assertThat(m.ksm("pages_shared")).isEqualTo(1);
  }

  @Test
  void trap_21_unsharing_leaves_a_page_clean_read_only_and_exclusive() throws Exception {
    UserProcess p = merged(2);
    p.madvise(BASE, 8192, Advice.UNMERGEABLE);
    for (int i = 0; i < 2; i++) {
      assertThat(flags(p, i)).isEqualTo(CLEAN);
      assertThat(folios.pageAnonExclusive(pfn(p, i))).isTrue();
    }
    int before = pfn(p, 0);
    write(p, 0, 1);
    assertThat(pfn(p, 0)).as("its own already").isEqualTo(before);
    assertThat(flags(p, 0)).isEqualTo(WRITTEN);
  }

  @Test
  void trap_24_all_items_are_asked_for_their_own_process_before_any_for_its_children()
      throws Exception {
    UserProcess parent = merged(2);
    UserProcess child = parent.fork();
    List<Mm> found = new ArrayList<>();
    RmapWalkControl finder =
        new RmapWalkControl() {
          @Override
          public boolean rmapOne(int folio, VmArea vma, long addr) {
            found.add(vma.vmMm);
            return true;
          }
        };
    int pfn = pfn(parent, 0);
    folios.folioLock(pfn);
    m.machine.ksm().rmapWalk().rmapWalkKsm(pfn, finder);
    folios.folioUnlock(pfn);
    assertThat(found).containsExactly(parent.mm(), parent.mm(), child.mm(), child.mm());
  }

  @Test
  void trap_25_merging_moves_dirty_from_the_entry_to_the_page() throws Exception {
    UserProcess p = merged(2);
    assertThat(flags(p, 0)).as("neither bit 6 nor bit 58").isEqualTo(CLEAN);
    assertThat(flags(p, 1)).isEqualTo(CLEAN);
    assertThat(folios.folioTestDirty(pfn(p, 0))).isTrue();
  }
}
