// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.pte;
import static org.samepage.mm.vma.UserfaultfdCtx.UFFD_FEATURE_EVENT_FORK;
import static org.samepage.mm.vma.UserfaultfdCtx.UFFD_FEATURE_EVENT_REMAP;
import static org.samepage.mm.vma.UserfaultfdCtx.UFFD_FEATURE_SIGBUS;
import static org.samepage.mm.vma.UserfaultfdCtx.UFFD_FEATURE_WP_UNPOPULATED;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.mmap.Userfaultfd;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.UserfaultfdCtx;

/** Write protection by userfaultfd, as a C program saw it in the pagemap of Linux 6.18. */
final class UserfaultfdTest {
  private static final int PAGE = 4096;
  private static final long MARKER = 0xffff_ffff_ffff_fc00L;
  private static final long ELSEWHERE = BASE + 0x1000_0000;
  private static final int MOVE = Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED;
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

  private static long pteAt(UserProcess p, long addr) {
    return pte(p, (addr - BASE) / PAGE);
  }

  private static boolean protectedAt(UserProcess p, long addr) {
    return Pte.pteUffdWp(pteAt(p, addr));
  }

  /** Eight pages of sixteen registered; the first three written, the fourth read. */
  private UserProcess registered(long features) throws SyscallException {
    UserProcess p = m.process(16);
    for (int i = 0; i < 3; i++) {
      TestMachine.write(p, i, i);
    }
    p.touch(page(3));
    p.uffdRegister(new UserfaultfdCtx(features), BASE, 8 * PAGE);
    return p;
  }

  @Test
  void a_written_page_and_a_zero_page_are_protected_and_what_is_not_there_is_not()
      throws Exception {
    UserProcess p = registered(UFFD_FEATURE_SIGBUS);
    assertThat(p.mm().vmas.size()).isEqualTo(2);
    p.uffdWriteProtect(BASE, 6 * PAGE, true);
    assertThat(TestMachine.flags(p, 0)).isEqualTo(0x8400_0000_0000_0425L);
    assertThat(TestMachine.flags(p, 3)).isEqualTo(0x8000_0000_0000_0625L);
    fails("SIGBUS", () -> p.writeByte(BASE, (byte) 7));
    fails("SIGBUS", () -> p.writeByte(page(3), (byte) 7));
    p.writeByte(page(4), (byte) 7);
    TestMachine.check(p, 0, 0);
  }

  @Test
  void without_the_sigbus_feature_a_write_is_a_userfault_but_through_proc_mem_EIO()
      throws Exception {
    UserProcess p = registered(0);
    p.uffdWriteProtect(BASE, PAGE, true);
    fails("USERFAULT", () -> p.writeByte(BASE, (byte) 7));
    fails("EIO", () -> p.mem().pwrite(BASE, new byte[1]));
    assertThat(p.mem().pread(BASE, new byte[1])).isEqualTo(1);
    p.mprotect(BASE, PAGE, 1);
    fails("EIO", () -> p.mem().pwrite(BASE, new byte[1]));
  }

  @Test
  void with_it_populating_for_writing_is_EFAULT_and_mlock_ENOMEM() throws Exception {
    UserProcess p = registered(UFFD_FEATURE_SIGBUS);
    p.uffdWriteProtect(BASE, PAGE, true);
    fails("EFAULT", () -> p.madvise(BASE, PAGE, Advice.POPULATE_WRITE));
    fails("ENOMEM", () -> p.mlock(BASE, PAGE));
  }

  @Test
  void when_its_owner_closes_it_nothing_is_protected_and_the_mapping_is_one_again()
      throws Exception {
    UserProcess p = m.process(16);
    TestMachine.write(p, 0, 1);
    TestMachine.write(p, 12, 2);
    UserfaultfdCtx ctx = new UserfaultfdCtx(UFFD_FEATURE_SIGBUS);
    UserfaultfdCtx other = new UserfaultfdCtx(UFFD_FEATURE_SIGBUS);
    p.uffdRegister(ctx, BASE, 4 * PAGE);
    p.uffdRegister(ctx, page(6), 2 * PAGE);
    p.uffdRegister(other, page(12), 4 * PAGE);
    p.uffdWriteProtect(BASE, 4 * PAGE, true);
    p.uffdWriteProtect(page(12), 4 * PAGE, true);
    assertThat(p.mm().vmas.size()).isEqualTo(5);
    p.uffdRelease(ctx);
    assertThat(p.mm().vmas.size()).as("what is the other's stays apart").isEqualTo(2);
    assertThat(protectedAt(p, BASE)).isFalse();
    p.writeByte(BASE, (byte) 7);
    fails("SIGBUS", () -> p.writeByte(page(12), (byte) 7));
  }

  @Test
  void mprotect_keeps_it_and_resolving_makes_the_page_writable_at_once() throws Exception {
    UserProcess p = registered(UFFD_FEATURE_SIGBUS);
    p.uffdWriteProtect(BASE, PAGE, true);
    p.mprotect(BASE, 8 * PAGE, 1);
    assertThat(protectedAt(p, BASE)).isTrue();
    p.mprotect(BASE, 8 * PAGE, 3);
    assertThat(TestMachine.flags(p, 0)).isEqualTo(0x8400_0000_0000_0425L);
    fails("SIGBUS", () -> p.writeByte(BASE, (byte) 7));
    p.uffdWriteProtect(BASE, PAGE, false);
    assertThat(TestMachine.flags(p, 0)).isEqualTo(0x8000_0000_0000_0067L);
    p.writeByte(BASE, (byte) 7);
  }

  @Test
  void a_child_has_no_protection_and_no_registration() throws Exception {
    UserProcess p = registered(UFFD_FEATURE_SIGBUS | UFFD_FEATURE_WP_UNPOPULATED);
    p.uffdWriteProtect(BASE, 8 * PAGE, true);
    UserProcess child = p.fork();
    assertThat(protectedAt(child, page(1))).isFalse();
    assertThat(pteAt(child, page(5))).as("nor a marker").isZero();
    assertThat(child.mm().vmas.get(0).vmUserfaultfdCtx).isNull();
    assertThat(child.mm().vmas.get(0).userfaultfdWp()).isFalse();
    child.writeByte(page(1), (byte) 7);
    assertThat(protectedAt(p, page(1))).isTrue();
  }

  @Test
  void with_the_fork_event_a_child_has_both_in_a_userfaultfd_of_its_own() throws Exception {
    UserProcess p = registered(UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_WP_UNPOPULATED);
    p.uffdWriteProtect(BASE, 8 * PAGE, true);
    UserProcess child = p.fork();
    assertThat(protectedAt(child, BASE)).isTrue();
    assertThat(pteAt(child, page(5))).isEqualTo(MARKER);
    assertThat(child.mm().vmas.get(0).vmUserfaultfdCtx)
        .isNotNull()
        .isNotSameAs(p.mm().vmas.get(0).vmUserfaultfdCtx);
    fails("USERFAULT", () -> child.writeByte(BASE, (byte) 1));
  }

  @Test
  void a_move_without_the_remap_event_drops_it_markers_too() throws Exception {
    UserProcess p = registered(UFFD_FEATURE_SIGBUS | UFFD_FEATURE_WP_UNPOPULATED);
    p.uffdWriteProtect(BASE, 8 * PAGE, true);
    p.mremap(page(2), 4 * PAGE, 4 * PAGE, MOVE, ELSEWHERE);
    assertThat(pteAt(p, ELSEWHERE) & ~Pte.PFN_MASK).isEqualTo(0x8400_0000_0000_0025L);
    assertThat(pteAt(p, ELSEWHERE + 2 * PAGE)).isZero();
    p.writeByte(ELSEWHERE, (byte) 7);
  }

  @Test
  void with_the_remap_event_a_move_keeps_it() throws Exception {
    UserProcess p = registered(UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_WP_UNPOPULATED);
    p.uffdWriteProtect(BASE, 8 * PAGE, true);
    p.mremap(page(2), 4 * PAGE, 4 * PAGE, MOVE, ELSEWHERE);
    assertThat(protectedAt(p, ELSEWHERE)).isTrue();
    assertThat(pteAt(p, ELSEWHERE + 2 * PAGE)).isEqualTo(MARKER);
    fails("USERFAULT", () -> p.writeByte(ELSEWHERE, (byte) 7));
  }

  /** From the source: the owner could not be told of several moves in one. */
  @Test
  void a_registered_mapping_does_not_move_together_with_others() throws Exception {
    UserProcess p = registered(UFFD_FEATURE_SIGBUS);
    fails("EFAULT", () -> p.mremap(BASE, 16 * PAGE, 16 * PAGE, MOVE, ELSEWHERE));
  }

  @Test
  void unregistering_ends_protection() throws Exception {
    UserProcess p = registered(UFFD_FEATURE_SIGBUS);
    p.uffdWriteProtect(BASE, 8 * PAGE, true);
    p.uffdUnregister(page(2), PAGE);
    assertThat(TestMachine.flags(p, 2)).isEqualTo(0x8000_0000_0000_0067L);
    p.writeByte(page(2), (byte) 7);
    assertThat(protectedAt(p, page(1))).isTrue();
    p.uffdUnregister(BASE, 16 * PAGE);
    assertThat(p.mm().vmas.size()).as("merged again").isEqualTo(1);
    fails("ENOENT", () -> p.uffdWriteProtect(BASE, PAGE, true));
  }

  @Test
  void two_userfaultfds_do_not_share_a_mapping_nor_merge() throws Exception {
    UserProcess p = registered(UFFD_FEATURE_SIGBUS);
    fails("EBUSY", () -> p.uffdRegister(new UserfaultfdCtx(0), BASE, PAGE));
    p.uffdRegister(new UserfaultfdCtx(0), page(8), 8 * PAGE);
    assertThat(p.mm().vmas.size()).isEqualTo(2);
  }

  @Test
  void a_marker_becomes_a_protected_page_on_the_first_access() throws Exception {
    UserProcess p = registered(UFFD_FEATURE_SIGBUS | UFFD_FEATURE_WP_UNPOPULATED);
    p.uffdWriteProtect(page(4), 4 * PAGE, true);
    assertThat(pteAt(p, page(4))).isEqualTo(MARKER);
    fails("SIGBUS", () -> p.writeByte(page(4), (byte) 7));
    assertThat(TestMachine.flags(p, 4))
        .as("an own page by now, exclusive, protected")
        .isEqualTo(0x8400_0000_0000_0425L);
    p.touch(page(5));
    assertThat(TestMachine.flags(p, 5)).isEqualTo(0x8000_0000_0000_0625L);
    p.madvise(page(6), PAGE, Advice.DONTNEED);
    assertThat(pteAt(p, page(6))).isZero();
    p.uffdWriteProtect(page(7), PAGE, false);
    assertThat(pteAt(p, page(7))).isZero();
  }

  @Test
  void guards_stay_guards_and_dontneed_forgets_the_protection_of_anonymous_pages()
      throws Exception {
    UserProcess p = registered(UFFD_FEATURE_SIGBUS | UFFD_FEATURE_WP_UNPOPULATED);
    p.madvise(page(5), PAGE, Advice.GUARD_INSTALL);
    p.uffdWriteProtect(BASE, 8 * PAGE, true);
    assertThat(PteMarker.isGuardPteMarker(pteAt(p, page(5)))).isTrue();
    p.uffdWriteProtect(BASE, 8 * PAGE, false);
    assertThat(PteMarker.isGuardPteMarker(pteAt(p, page(5)))).isTrue();
    p.uffdWriteProtect(BASE, PAGE, true);
    p.madvise(BASE, PAGE, Advice.DONTNEED);
    assertThat(pteAt(p, BASE)).isZero();
  }

  @Test
  void pages_of_files_get_markers_always_and_keep_protection_when_they_are_dropped()
      throws Exception {
    AddressSpace file = m.machine.newFile(4 * PAGE);
    UserProcess p = m.machine.newProcess();
    p.mmap(new Mmap.Request(BASE, 4 * PAGE, 3, false, true, false, file, 0));
    p.mmap(new Mmap.Request(ELSEWHERE, 4 * PAGE, 3, true, true, false, file, 0));
    UserfaultfdCtx ctx = new UserfaultfdCtx(UFFD_FEATURE_SIGBUS);
    p.uffdRegister(ctx, BASE, 4 * PAGE);
    p.touch(BASE);
    p.uffdWriteProtect(BASE, 2 * PAGE, true);
    assertThat(protectedAt(p, BASE)).isTrue();
    assertThat(pteAt(p, page(1))).isEqualTo(MARKER);
    fails("SIGBUS", () -> p.writeByte(BASE, (byte) 7));
    fails("SIGBUS", () -> p.writeByte(page(1), (byte) 7));
    p.madvise(BASE, PAGE, Advice.DONTNEED);
    assertThat(pteAt(p, BASE)).isEqualTo(MARKER);
    p.touch(BASE);
    assertThat(protectedAt(p, BASE)).isTrue();
    p.uffdRegister(ctx, ELSEWHERE, 4 * PAGE);
    p.writeByte(ELSEWHERE, (byte) 1);
    p.uffdWriteProtect(ELSEWHERE, 2 * PAGE, true);
    fails("SIGBUS", () -> p.writeByte(ELSEWHERE, (byte) 1));
    assertThat(pteAt(p, ELSEWHERE + PAGE)).isEqualTo(MARKER);
    p.uffdWriteProtect(ELSEWHERE, PAGE, false);
    p.writeByte(ELSEWHERE, (byte) 1);
  }

  /**
   * From the source: ksmd only write-protects the page that becomes the merged one, and maps it in
   * the place of the other with the mapping's protection, which has no such bit.
   */
  @Test
  void merging_drops_it_from_the_page_that_is_replaced_and_unmerging_keeps_it() throws Exception {
    UserProcess p = m.mergeable(2);
    TestMachine.write(p, 0, 1);
    TestMachine.write(p, 1, 1);
    p.uffdRegister(new UserfaultfdCtx(UFFD_FEATURE_SIGBUS), BASE, 2 * PAGE);
    p.uffdWriteProtect(BASE, 2 * PAGE, true);
    m.passes(3);
    assertThat(pfn(p, 0)).isEqualTo(pfn(p, 1));
    assertThat(TestMachine.flags(p, 1))
        .as("became the merged one")
        .isEqualTo(0x8000_0000_0000_0425L);
    assertThat(TestMachine.flags(p, 0)).as("replaced").isEqualTo(0x8000_0000_0000_0025L);
    p.madvise(BASE, 2 * PAGE, Advice.UNMERGEABLE);
    assertThat(TestMachine.flags(p, 1)).isEqualTo(0x8000_0000_0000_0425L);
    fails("SIGBUS", () -> p.writeByte(page(1), (byte) 7));
    p.writeByte(BASE, (byte) 7);
  }

  @Test
  void an_access_to_a_page_that_is_not_there_is_the_owners_business() throws Exception {
    UserProcess p = m.process(16);
    TestMachine.write(p, 0, 0);
    UserfaultfdCtx ctx = new UserfaultfdCtx(0);
    p.uffdRegister(ctx, page(0), 8 * PAGE, Userfaultfd.UFFDIO_REGISTER_MODE_MISSING);
    assertThat(p.mm().vmas.size()).isEqualTo(2);
    p.touch(page(0));
    fails("USERFAULT", () -> p.touch(page(1)));
    fails("USERFAULT", () -> p.writeByte(page(2), (byte) 1));
    p.touch(page(8));
    p.madvise(page(3), PAGE, Advice.GUARD_INSTALL);
    fails("SIGSEGV", () -> p.touch(page(3)));
    UserProcess child = p.fork();
    child.touch(page(1));
    p.uffdUnregister(page(0), 8 * PAGE);
    assertThat(p.mm().vmas.size()).isEqualTo(1);
    p.touch(page(1));
  }

  @Test
  void a_files_page_that_is_there_is_no_userfault_and_a_disks_files_have_none() throws Exception {
    UserProcess p = m.process(1);
    AddressSpace file = m.machine.newFile(2 * PAGE);
    p.mmap(new Mmap.Request(ELSEWHERE, 4L * PAGE, TestMachine.RW, true, false, false, file, 0));
    p.writeByte(ELSEWHERE, (byte) 1);
    p.madvise(ELSEWHERE, PAGE, Advice.DONTNEED);
    UserfaultfdCtx ctx = new UserfaultfdCtx(UFFD_FEATURE_SIGBUS);
    p.uffdRegister(ctx, ELSEWHERE, 4L * PAGE, Userfaultfd.UFFDIO_REGISTER_MODE_MISSING);
    p.touch(ELSEWHERE);
    fails("SIGBUS", () -> p.touch(ELSEWHERE + PAGE));
    fails("SIGBUS", () -> p.touch(ELSEWHERE + 2 * PAGE));
    AddressSpace disk = m.machine.newDiskFile("/data");
    long there = 2 * ELSEWHERE;
    p.mmap(new Mmap.Request(there, PAGE, TestMachine.RW, true, false, false, disk, 0));
    fails("EINVAL", () -> p.uffdRegister(ctx, there, PAGE));
    fails("EINVAL", () -> p.uffdRegister(ctx, page(0), PAGE, 0));
    fails("EINVAL", () -> p.uffdRegister(ctx, page(0), PAGE, 8));
  }
}
