// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.flags;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.proc.ProcMaps;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.vma.Mm;

/** Mapping, faults and advice, with the page-table words that a real kernel leaves. */
final class SyscallsTest {
  private final TestMachine m = TestMachine.boot("linux-6.18");

  @AfterEach
  void close() {
    m.close();
  }

  private static void fails(String error, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  @Test
  void a_mapping_shows_its_range_permissions_and_flags() throws Exception {
    UserProcess p = m.machine.newProcess();
    p.mmap(BASE, 5000, 3, false);
    p.mmap(BASE + 0x10000, 4096, 5, true);
    p.madvise(BASE, 8192, Advice.MERGEABLE);
    assertThat(ProcMaps.lines(p.mm()))
        .containsExactly(
            "100000000000-100000002000 rw-p 00000000 mg",
            "100000010000-100000011000 r-xp 00000000");
    assertThat(p.mm().totalVm).isEqualTo(3);
  }

  @Test
  void mmap_refuses_what_linux_refuses() throws Exception {
    UserProcess p = m.process(4);
    fails("EINVAL", () -> p.mmap(BASE, 0, 3, true));
    fails("EEXIST", () -> p.mmap(BASE + 0x3000, 8192, 3, true));
    fails("EINVAL", () -> p.mmap(BASE + 0x100001, 4096, 3, true));
    fails("ENOMEM", () -> p.mmap(BASE, 0x8000_0000_0000L, 3, true));
    fails("ENOMEM", () -> p.mmap(0x7fff_ffff_e000L, 8192, 3, true));
    fails("ENOMEM", () -> p.mmap(BASE, -4096, 3, true));
  }

  @Test
  void a_read_maps_the_zero_page_and_makes_no_anon_vma() throws Exception {
    UserProcess p = m.process(4);
    p.touch(page(1));
    assertThat(flags(p, 1)).isEqualTo(0x8000_0000_0000_0225L);
    assertThat(p.mm().vmas.get(0).anonVma).isNull();
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isZero();
    p.writeByte(page(1), (byte) 3);
    assertThat(flags(p, 1)).isEqualTo(0x8000_0000_0000_0067L);
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(1);
    assertThat(m.ksm("ksm_zero_pages")).as("it was not KSM's").isZero();
  }

  @Test
  void a_write_maps_a_page_of_its_own_dirty_and_exclusive() throws Exception {
    UserProcess p = m.process(4);
    p.writeByte(page(2), (byte) 3);
    assertThat(flags(p, 2)).isEqualTo(0x8000_0000_0000_0067L);
    assertThat(m.machine.memory().folios().pageAnonExclusive(pfn(p, 2))).isTrue();
    assertThat(p.mm().pgTables.pgtablesBytes()).isEqualTo(3 * 4096);
  }

  @Test
  void an_access_that_is_not_allowed_is_a_signal_and_changes_nothing() throws Exception {
    UserProcess p = m.machine.newProcess();
    p.mmap(BASE, 4096, 1, true);
    p.mmap(BASE + 0x10000, 4096, 0, true);
    fails("SIGSEGV", () -> p.writeByte(BASE, (byte) 1));
    p.touch(BASE);
    fails("SIGSEGV", () -> p.writeByte(BASE, (byte) 1));
    fails("SIGSEGV", () -> p.touch(BASE + 0x10000));
    fails("SIGSEGV", () -> p.touch(BASE + 0x1000));
  }

  @Test
  void dontneed_drops_pages_keeps_the_table_unless_it_covers_all_of_it() throws Exception {
    UserProcess p = m.process(1024);
    p.writeByte(page(0), (byte) 1);
    p.writeByte(page(1), (byte) 1);
    p.writeByte(page(512), (byte) 1);
    p.madvise(page(0), 4096, Advice.DONTNEED);
    assertThat(p.mm().rssStat.get(Mm.MM_ANONPAGES)).isEqualTo(2);
    assertThat(TestMachine.pte(p, 0)).isZero();
    p.madvise(page(1), 511 * 4096, Advice.DONTNEED);
    assertThat(p.mm().pgTables.pgtablesBytes())
        .as("two calls, the table stays")
        .isEqualTo(4 * 4096);
    p.madvise(page(512), 512 * 4096, Advice.DONTNEED);
    assertThat(p.mm().pgTables.pgtablesBytes()).as("one call for all of it").isEqualTo(3 * 4096);
    p.touch(page(512));
    assertThat(flags(p, 512)).isEqualTo(0x8000_0000_0000_0225L);
  }

  @Test
  void madvise_does_the_mapped_parts_and_tells_of_the_others() throws Exception {
    UserProcess p = m.machine.newProcess();
    p.mmap(BASE, 4096, 3, true);
    p.mmap(BASE + 0x4000, 4096, 3, true);
    fails("ENOMEM", () -> p.madvise(BASE, 0x5000, Advice.MERGEABLE));
    assertThat(ProcMaps.lines(p.mm())).allMatch(line -> line.endsWith(" mg"));
    fails("ENOMEM", () -> p.madvise(BASE + 0x1000, 0x1000, Advice.DONTNEED));
    fails("EINVAL", () -> p.madvise(BASE + 1, 0x1000, Advice.DONTNEED));
    fails("EINVAL", () -> p.madvise(BASE, -1, Advice.DONTNEED));
    p.madvise(BASE, 0, Advice.DONTNEED);
  }

  @Test
  void advice_for_a_part_cuts_a_mapping_and_taking_it_back_joins_it() throws Exception {
    UserProcess p = m.process(4);
    p.madvise(page(1), 4096, Advice.DONTFORK);
    assertThat(ProcMaps.lines(p.mm())).hasSize(3);
    p.madvise(page(1), 4096, Advice.DOFORK);
    assertThat(ProcMaps.lines(p.mm())).hasSize(1);
  }

  @Test
  void where_memory_is_short_a_fault_says_so_and_nothing_leaks() throws Exception {
    try (TestMachine small = TestMachine.boot("linux-6.18", "machine.memory=64K")) {
      UserProcess p = small.process(100);
      fails(
          "ENOMEM",
          () -> {
            for (int i = 0; i < 100; i++) {
              p.writeByte(page(i), (byte) 1);
            }
          });
      p.madvise(BASE, 100 * 4096, Advice.DONTNEED);
      p.writeByte(page(99), (byte) 1);
      p.exit();
      assertThat(small.machine.memory().allocator().pagesInUse()).isZero();
    }
  }

  @Test
  void after_an_exit_every_frame_is_back() throws Exception {
    UserProcess p = m.process(2000);
    for (int i = 0; i < 2000; i += 3) {
      p.writeByte(page(i), (byte) i);
    }
    p.exit();
    assertThat(m.machine.memory().allocator().pagesInUse()).isZero();
    assertThat(m.machine.memory().contents().slotsInUse()).as("the zero slot").isEqualTo(1);
    assertThat(m.machine.mms()).isEmpty();
  }
}
