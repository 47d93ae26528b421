// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.pte;
import static org.samepage.mm.vma.UserfaultfdCtx.UFFD_FEATURE_SIGBUS;

import org.junit.jupiter.api.Test;
import org.samepage.machine.check.MachineChecker;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.proc.PagemapFile;
import org.samepage.machine.proc.SoftDirty;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.vma.UserfaultfdCtx;

/**
 * What a word says besides its frame, when the page goes to swap or to another node and comes back:
 * do_swap_page, try_to_unmap_one and remove_migration_pte each carry it over.
 */
final class WordCrossingsTest {
  private static final int PAGE = 4096;

  private static TestMachine boot(String... more) {
    String[] settings = {"machine.nodes=2", "machine.swap=64", "machine.memory=64M"};
    String[] all = new String[settings.length + more.length];
    System.arraycopy(settings, 0, all, 0, settings.length);
    System.arraycopy(more, 0, all, settings.length, more.length);
    return TestMachine.boot("linux-6.18", all);
  }

  private static long pagemap(TestMachine m, UserProcess p, long index) throws SyscallException {
    return m.machine.proc().pagemap(p.pid(), page(index), 1)[0];
  }

  private static UserProcess protectedPages(TestMachine m, int pages) throws SyscallException {
    UserProcess p = m.process(pages);
    for (int i = 0; i < pages; i++) {
      TestMachine.write(p, i, i);
    }
    p.uffdRegister(new UserfaultfdCtx(UFFD_FEATURE_SIGBUS), BASE, (long) pages * PAGE);
    p.uffdWriteProtect(BASE, (long) pages * PAGE, true);
    return p;
  }

  @Test
  void a_page_that_userfaultfd_protects_is_protected_when_it_is_back_from_swap() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess p = protectedPages(m, 2);
      p.swapOut(BASE, 2 * PAGE);
      assertThat(SwapEntry.pteSwpUffdWp(pte(p, 0))).isTrue();
      assertThat(pagemap(m, p, 0) & (PagemapFile.PM_SWAP | PagemapFile.PM_UFFD_WP))
          .isEqualTo(PagemapFile.PM_SWAP | PagemapFile.PM_UFFD_WP);
      p.touch(page(0));
      assertThat(Pte.pteUffdWp(pte(p, 0))).isTrue();
      assertThat(Pte.pteWrite(pte(p, 0))).isFalse();
      assertThatThrownBy(() -> p.writeByte(page(0), (byte) 9)).hasMessage("SIGBUS");
      assertThatThrownBy(() -> p.writeByte(page(1), (byte) 9)).as("swapped").hasMessage("SIGBUS");
      TestMachine.check(p, 1, 1);
      MachineChecker.check(m.machine);
    }
  }

  @Test
  void resolving_reaches_a_page_in_swap_too() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess p = protectedPages(m, 1);
      p.swapOut(BASE, PAGE);
      p.uffdWriteProtect(BASE, PAGE, false);
      assertThat(SwapEntry.pteSwpUffdWp(pte(p, 0))).isFalse();
      p.writeByte(BASE, (byte) 9);
    }
  }

  @Test
  void a_child_does_not_get_the_protection_of_a_page_in_swap() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess p = protectedPages(m, 1);
      p.swapOut(BASE, PAGE);
      UserProcess child = p.fork();
      assertThat(SwapEntry.pteSwpUffdWp(pte(child, 0))).isFalse();
      assertThat(SwapEntry.pteSwpUffdWp(pte(p, 0))).isTrue();
      child.writeByte(BASE, (byte) 9);
      TestMachine.check(p, 0, 0);
    }
  }

  @Test
  void a_protected_page_that_moves_to_another_node_stays_protected() throws Exception {
    try (TestMachine m = boot()) {
      UserProcess p = protectedPages(m, 1);
      int before = pfn(p, 0);
      int[] status = new int[1];
      p.movePages(new long[] {BASE}, new int[] {1}, status, 4);
      assertThat(status).containsExactly(1);
      assertThat(pfn(p, 0)).isNotEqualTo(before);
      assertThat(Pte.pteUffdWp(pte(p, 0))).isTrue();
      assertThat(Pte.pteWrite(pte(p, 0))).isFalse();
    }
  }

  private static UserProcess oneOfTwoDirty(TestMachine m) throws SyscallException {
    UserProcess p = m.process(2);
    TestMachine.write(p, 0, 0);
    TestMachine.write(p, 1, 1);
    SoftDirty.clearRefsWrite(p.mm());
    p.writeByte(page(1), (byte) 7);
    return p;
  }

  private static boolean seen(UserProcess p, long index) {
    return SoftDirty.pmSoftDirty(p.mm().vmas.get(0), pte(p, index));
  }

  @Test
  void swap_remembers_which_page_was_written_since_somebody_asked() throws Exception {
    try (TestMachine m = boot("machine.soft-dirty=true")) {
      UserProcess p = oneOfTwoDirty(m);
      p.swapOut(BASE, 2 * PAGE);
      assertThat(seen(p, 0)).isFalse();
      assertThat(seen(p, 1)).as("in the swap word").isTrue();
      p.touch(page(0));
      p.touch(page(1));
      assertThat(seen(p, 0)).isFalse();
      assertThat(seen(p, 1)).isTrue();
      SoftDirty.clearRefsWrite(p.mm());
      p.swapOut(BASE, 2 * PAGE);
      assertThat(seen(p, 1)).isFalse();
      p.writeByte(page(0), (byte) 9);
      assertThat(seen(p, 0)).as("written on its way back").isTrue();
    }
  }

  @Test
  void so_does_a_page_that_moves_to_another_node() throws Exception {
    try (TestMachine m = boot("machine.soft-dirty=true")) {
      UserProcess p = oneOfTwoDirty(m);
      p.movePages(new long[] {page(0), page(1)}, new int[] {1, 1}, new int[2], 4);
      assertThat(m.machine.memory().allocator().pfnToNid(pfn(p, 1))).isEqualTo(1);
      assertThat(seen(p, 0)).isFalse();
      assertThat(seen(p, 1)).isTrue();
    }
  }

  /** The types between the devices and the markers move, and offsets that are frames get wider. */
  @Test
  void with_types_and_offsets_elsewhere_everything_is_still_what_it_was() throws Exception {
    String[] settings = {
      "machine.memory-failure=true", "machine.device-private=true", "machine.la57=true"
    };
    try (TestMachine m = boot(settings);
        TestMachine plain = boot()) {
      UserProcess p = m.process(4);
      UserProcess q = plain.process(4);
      for (UserProcess each : new UserProcess[] {p, q}) {
        TestMachine.write(each, 0, 5);
        TestMachine.write(each, 1, 6);
        each.swapOut(page(0), PAGE);
        each.movePages(new long[] {page(1)}, new int[] {1}, new int[1], 4);
        each.madvise(page(2), PAGE, Advice.GUARD_INSTALL);
      }
      assertThat(pte(p, 2)).as("a marker has the last type, always").isEqualTo(pte(q, 2));
      assertThat(pte(p, 0)).as("a device's is").isEqualTo(pte(q, 0));
      for (TestMachine each : new TestMachine[] {m, plain}) {
        UserProcess of = each == m ? p : q;
        assertThat(pagemap(each, of, 2) & PagemapFile.PM_GUARD_REGION).isNotZero();
        assertThatThrownBy(() -> of.touch(page(2))).hasMessage("SIGSEGV");
        TestMachine.check(of, 0, 5);
        TestMachine.check(of, 1, 6);
        of.madvise(page(2), PAGE, Advice.GUARD_REMOVE);
        of.writeByte(page(2), (byte) 1);
        MachineChecker.check(each.machine);
      }
    }
  }
}
