// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.proc.KpageFiles.KPF_ACTIVE;
import static org.samepage.machine.proc.KpageFiles.KPF_MLOCKED;
import static org.samepage.machine.proc.KpageFiles.KPF_UNEVICTABLE;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.write;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageFlags;

/** Which pages are locked in memory: each case as kpageflags of Linux 6.18 shows it. */
final class MlockedPagesTest {
  private static final long LOCKED = KPF_MLOCKED | KPF_UNEVICTABLE;
  private static final int READ = 1;

  private final TestMachine m = TestMachine.boot("linux-6.18", "machine.swap=2048");
  private final Folios folios = m.machine.memory().folios();

  @AfterEach
  void close() {
    m.close();
  }

  private long flags(UserProcess p, long index) throws SyscallException {
    return ofFrame(pfn(p, index));
  }

  private long ofFrame(int pfn) throws SyscallException {
    return m.machine.proc().kpageflags(pfn) & LOCKED;
  }

  private UserProcess filled(int pages) throws SyscallException {
    UserProcess p = m.process(pages);
    for (int i = 0; i < pages; i++) {
      write(p, i, i);
    }
    return p;
  }

  @Test
  void mlock_marks_what_is_there_and_munlock_takes_that_back() throws Exception {
    UserProcess p = filled(4);
    folios.frames().setFlag(pfn(p, 0), PageFlags.PG_ACTIVE);
    p.mlock(page(0), 2 * PAGE_SIZE);
    assertThat(flags(p, 0)).isEqualTo(LOCKED);
    assertThat(m.machine.proc().kpageflags(pfn(p, 0)) & KPF_ACTIVE).as("by no use").isZero();
    assertThat(flags(p, 2)).isZero();
    p.munlock(page(0), PAGE_SIZE);
    assertThat(flags(p, 0)).isZero();
    assertThat(flags(p, 1)).isEqualTo(LOCKED);
    p.munmap(page(1), PAGE_SIZE);
  }

  @Test
  void a_page_that_two_have_locked_stays_locked_until_both_let_go() throws Exception {
    UserProcess p = filled(1);
    p.mprotect(BASE, PAGE_SIZE, READ);
    p.mlock(BASE, PAGE_SIZE);
    int folio = pfn(p, 0);
    UserProcess child = p.fork();
    assertThat(ofFrame(folio)).as("a child has nothing locked").isEqualTo(LOCKED);
    child.mlock(BASE, PAGE_SIZE);
    assertThat(pfn(child, 0)).isEqualTo(folio);
    p.munlock(BASE, PAGE_SIZE);
    assertThat(ofFrame(folio)).isEqualTo(LOCKED);
    child.munmap(BASE, PAGE_SIZE);
    assertThat(ofFrame(folio)).isZero();
  }

  @Test
  void a_new_page_of_a_locked_mapping_is_locked_and_a_childs_copy_of_it_is_not() throws Exception {
    UserProcess p = m.process(1);
    p.mlock(BASE, PAGE_SIZE);
    int folio = pfn(p, 0);
    assertThat(ofFrame(folio)).isEqualTo(LOCKED);
    UserProcess child = p.fork();
    write(child, 0, 5);
    assertThat(flags(child, 0)).isZero();
    assertThat(ofFrame(folio)).isEqualTo(LOCKED);
    child.exit();
    write(p, 0, 6);
    assertThat(flags(p, 0)).isEqualTo(LOCKED);
  }

  @Test
  void what_mlock_brings_back_from_swap_is_not_marked() throws Exception {
    UserProcess p = filled(4);
    p.madvise(BASE, 4 * PAGE_SIZE, Advice.PAGEOUT);
    p.mlock(BASE, 4 * PAGE_SIZE);
    assertThat(flags(p, 0)).isZero();
  }

  @Test
  void a_page_moves_with_its_mark() throws Exception {
    UserProcess p = filled(1);
    p.mlock(BASE, PAGE_SIZE);
    int before = pfn(p, 0);
    p.migrateWithinNode(BASE, PAGE_SIZE);
    assertThat(pfn(p, 0)).isNotEqualTo(before);
    assertThat(flags(p, 0)).isEqualTo(LOCKED);
    p.munlock(BASE, PAGE_SIZE);
    assertThat(flags(p, 0)).as("counted once").isZero();
  }

  @Test
  void a_merged_page_is_locked_as_long_as_one_of_its_mappings_is() throws Exception {
    UserProcess p = m.mergeable(2);
    write(p, 0, 7);
    write(p, 1, 7);
    p.mlock(page(0), PAGE_SIZE);
    m.passes(3);
    assertThat(pfn(p, 0)).isEqualTo(pfn(p, 1));
    assertThat(flags(p, 1)).isEqualTo(LOCKED);
    int merged = pfn(p, 1);
    write(p, 0, 8);
    assertThat(flags(p, 0)).isEqualTo(LOCKED);
    assertThat(ofFrame(merged)).isZero();
  }

  private UserProcess huge() throws SyscallException {
    UserProcess p = m.machine.newProcess();
    p.mmap(BASE, PMD_SIZE, RW, true);
    p.madvise(BASE, PMD_SIZE, Advice.HUGEPAGE);
    p.touch(BASE);
    p.writeByte(BASE, (byte) 1);
    return p;
  }

  @Test
  void a_huge_page_is_locked_and_stays_so_when_its_entry_is_split() throws Exception {
    UserProcess p = huge();
    p.mlock(BASE, PMD_SIZE);
    p.mprotect(BASE, PAGE_SIZE, READ);
    assertThat(flags(p, 1)).isEqualTo(LOCKED);
    p.mprotect(BASE, PAGE_SIZE, RW);
    p.munlock(BASE, PAGE_SIZE);
    assertThat(flags(p, 1)).as("a part of it lets go").isZero();
    p.mlock(BASE, PAGE_SIZE);
    assertThat(flags(p, 1)).as("only a whole one is locked").isZero();
    p.munlock(BASE, PMD_SIZE);
    p.mlock(BASE, PMD_SIZE);
    assertThat(flags(p, 1)).as("all of it, by small entries").isEqualTo(LOCKED);
  }

  @Test
  void a_huge_page_that_lacks_a_page_is_not_locked() throws Exception {
    UserProcess p = huge();
    p.madvise(page(7), PAGE_SIZE, Advice.DONTNEED);
    p.writeByte(page(7), (byte) 1);
    p.mlock(BASE, PMD_SIZE);
    assertThat(flags(p, 8)).isZero();
    assertThat(flags(p, 7)).as("a page of its own").isEqualTo(LOCKED);
  }

  @Test
  void half_a_huge_page_is_not_locked() throws Exception {
    UserProcess p = huge();
    p.mlock(BASE, PMD_SIZE / 2);
    assertThat(flags(p, 0)).isZero();
  }

  @Test
  void who_swaps_a_part_of_it_out_finds_that_the_others_are_locked() throws Exception {
    UserProcess p = huge();
    for (int i = 0; i < 512; i++) {
      write(p, i, i);
    }
    p.mlock(BASE, PMD_SIZE);
    p.munlock(BASE, PAGE_SIZE);
    assertThat(flags(p, 1)).isZero();
    p.madvise(BASE, PAGE_SIZE, Advice.PAGEOUT);
    assertThat(flags(p, 1)).isEqualTo(LOCKED);
    assertThat(flags(p, 511)).isEqualTo(LOCKED);
  }
}
