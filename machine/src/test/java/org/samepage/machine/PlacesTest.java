// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.mmap.Mmap.MAP_FIXED;
import static org.samepage.machine.mmap.Mmap.MAP_GROWSDOWN;
import static org.samepage.machine.mmap.Mmap.MAP_LOCKED;
import static org.samepage.machine.mmap.Mmap.MAP_NORESERVE;
import static org.samepage.machine.mmap.Mmap.MAP_PRIVATE;
import static org.samepage.machine.mmap.Mmap.MAP_SHARED;
import static org.samepage.machine.mmap.Mremap.MREMAP_DONTUNMAP;
import static org.samepage.machine.mmap.Mremap.MREMAP_FIXED;
import static org.samepage.machine.mmap.Mremap.MREMAP_MAYMOVE;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.VmArea;

/**
 * Where mappings go, and what may not be. All results are those of a C program on Linux 6.18.44
 * without randomization, whose addresses are given from the lowest of what the kernel maps itself.
 */
final class PlacesTest {
  private static final long P = PageUnits.PAGE_SIZE;
  private static final long MIB = 1 << 20;
  private static final int RW = 3;
  private static final int READ = 1;

  /** vvar and vdso: what a process has under its mmap_base from the start. */
  private static final long X = PageUnits.DEFAULT_MMAP_BASE - 8 * P;

  private final TestMachine test = TestMachine.boot("linux-6.18");
  private final UserProcess p = test.machine.newProcess();

  @BeforeEach
  void whatTheKernelMaps() throws SyscallException {
    p.mmap(X, 8 * P, READ, false);
  }

  @AfterEach
  void close() {
    test.close();
  }

  private long map(long addr, long len, int prot, int flags) throws SyscallException {
    int type = (flags & MAP_SHARED) != 0 ? 0 : MAP_PRIVATE;
    return p.mmap(new Mmap.Request(addr, len, prot, type | flags, null, 0));
  }

  private long below(long addr, long len, int prot, int flags) throws SyscallException {
    return X - map(addr, len, prot, flags);
  }

  private static void fails(String error, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.error()).isEqualTo(error));
  }

  private static String vma(UserProcess p, long addr) {
    VmArea vma = p.mm().vmas.vmaLookup(addr);
    return vma == null ? "none" : "%x-%x".formatted(vma.vmStart, vma.vmEnd);
  }

  @Test
  void without_an_address_the_highest_free_place_is_taken_and_whole_huge_pages_are_aligned()
      throws Exception {
    assertThat(below(0, 3 * P, RW, 0)).isEqualTo(0x3000);
    assertThat(below(0, 2 * MIB, RW, 0)).isEqualTo(0x3f7000);
    assertThat(below(0, 2 * MIB + P, RW, 0)).isEqualTo(0x5f8000);
    assertThat(below(0, 4 * MIB, RW, 0)).isEqualTo(0xbf7000);
    assertThat(below(0, 2 * MIB, RW, MAP_SHARED)).as("shared").isEqualTo(0xdf7000);
    assertThat(map(0, 0x5000_0000_0000L, READ, MAP_NORESERVE)).isEqualTo(0x2fff_f720_0000L);
  }

  @Test
  void a_hint_is_taken_where_it_is_free_and_forgotten_elsewhere() throws Exception {
    below(0, 3 * P, RW, 0);
    assertThat(map(0x1000_0000_0123L, P, RW, 0)).isEqualTo(0x1000_0000_0000L);
    assertThat(below(0x1000_0000_0000L, P, RW, 0)).isEqualTo(0x4000);
    assertThat(below(0x0fff_ffff_f000L, 2 * P, RW, 0)).as("half taken").isEqualTo(0x6000);
    assertThat(below(0x10, P, RW, 0)).as("none once it is aligned").isEqualTo(0x7000);
    assertThat(below(0x7fff_ffff_e000L, 2 * P, RW, 0)).as("over the top").isEqualTo(0x9000);
  }

  @Test
  void what_mmap_refuses() throws Exception {
    fails("ENOMEM", () -> map(0x7fff_ffff_e000L, 2 * P, RW, MAP_FIXED));
    fails("EINVAL", () -> map(0x1000_0000_0001L, P, RW, MAP_FIXED));
    assertThat(map(0, P, RW, MAP_FIXED)).isZero();
    fails("EINVAL", () -> p.mmap(new Mmap.Request(0, P, RW, 0, null, 0)));
    fails("EINVAL", () -> map(0, P, RW, MAP_SHARED | MAP_GROWSDOWN));
    fails("ENOMEM", () -> map(0, 0x7fff_ffff_f000L, RW, MAP_NORESERVE));
    fails("ENOMEM", () -> map(0, 1L << 40, RW, MAP_SHARED));
    fails("ENOMEM", () -> map(0, 1L << 40, RW, 0));
    assertThat(map(0x5000_0000_0000L, 1L << 40, RW, MAP_SHARED | MAP_NORESERVE))
        .isEqualTo(0x5000_0000_0000L);
  }

  @Test
  void a_hole_is_filled_where_it_is_large_enough() throws Exception {
    long base = map(0, 16 * P, RW, 0);
    p.munmap(base + P, P);
    assertThat(map(0, P, READ, 0)).isEqualTo(base + P);
    p.munmap(base + 4 * P, 2 * P);
    assertThat(map(0, 3 * P, READ, 0)).isEqualTo(base - 3 * P);
  }

  @Test
  void fixed_replaces_what_is_there() throws Exception {
    long v = map(0x3600_0000_0000L, 8 * P, RW, 0);
    for (int i = 0; i < 8; i++) {
      p.writeByte(v + i * P, (byte) 1);
    }
    assertThat(map(v + 2 * P, 3 * P, RW, MAP_FIXED)).isEqualTo(v + 2 * P);
    assertThat(new int[] {byteAt(v + P), byteAt(v + 2 * P), byteAt(v + 5 * P)})
        .containsExactly(1, 0, 1);
    assertThat(vma(p, v)).as("merged again").isEqualTo("360000000000-360000008000");
    map(v + 6 * P, P, RW, MAP_SHARED | MAP_FIXED);
    assertThat(vma(p, v + 6 * P)).isEqualTo("360000006000-360000007000");
    assertThat(vma(p, v + 7 * P)).isEqualTo("360000007000-360000008000");
  }

  private int byteAt(long addr) throws SyscallException {
    byte[] page = new byte[PageUnits.PAGE_BYTES];
    p.readPage(PageUnits.pageAlignDown(addr), page);
    return page[(int) (addr % P)];
  }

  @Test
  void a_stack_grows_by_faults_as_far_as_its_limit_and_keeps_a_gap() throws Exception {
    long g = map(0x2000_0000_0000L, 4 * P, RW, MAP_GROWSDOWN);
    assertThat(below(g - 2 * P, P, RW, 0)).as("a hint in the gap").isEqualTo(0x1000);
    assertThat(map(g - 257 * P, P, 0, 0)).isEqualTo(g - 257 * P);
    p.writeByte(g - P, (byte) 1);
    assertThat(vma(p, g)).isEqualTo("1ffffffff000-200000004000");
    p.writeByte(g - 256 * P, (byte) 1);
    p.munmap(g - 257 * P, P);
    p.touch(g - 1000 * P);
    p.writeByte(g + 4 * P - 8 * MIB, (byte) 1);
    fails("SIGSEGV", () -> p.writeByte(g + 4 * P - 8 * MIB - P, (byte) 1));
  }

  @Test
  void mprotect_may_begin_at_the_start_of_a_stack() throws Exception {
    int growsdown = 0x100_0000;
    int growsup = 0x200_0000;
    long g = map(0x2000_0000_0000L, 4 * P, RW, MAP_GROWSDOWN);
    long other = map(0x3000_0000_0000L, 4 * P, RW, 0);
    p.mprotect(g + 3 * P, P, READ | growsdown);
    assertThat(vma(p, g)).as("all of it").isEqualTo("200000000000-200000004000");
    fails("SIGSEGV", () -> p.writeByte(g, (byte) 1));
    fails("EINVAL", () -> p.mprotect(other, P, READ | growsdown));
    fails("EINVAL", () -> p.mprotect(other, P, READ | growsup));
    fails("EINVAL", () -> p.mprotect(other, P, READ | growsdown | growsup));
    fails("ENOMEM", () -> p.mprotect(0x3100_0000_0000L, P, READ | growsdown));
    fails("ENOMEM", () -> p.mprotect(0x3100_0000_0000L, P, READ | growsup));
  }

  @Test
  void MAP_SHARED_VALIDATE_is_for_files_and_takes_no_flag_that_it_does_not_know() throws Exception {
    var file = test.machine.newFile(4 * P);
    long at = 0x3000_0000_0000L;
    int validate = Mmap.MAP_SHARED_VALIDATE | MAP_FIXED;
    assertThat(p.mmap(new Mmap.Request(at, 4 * P, RW, validate, file, 0))).isEqualTo(at);
    p.writeByte(at, (byte) 7);
    assertThat(p.fork().mm().vmas.vmaLookup(at).vmFile).isSameAs(file);
    int sync = 0x8_0000;
    fails("EOPNOTSUPP", () -> p.mmap(new Mmap.Request(at, P, RW, validate | sync, file, 0)));
    fails("EINVAL", () -> p.mmap(new Mmap.Request(at, P, RW, validate, null, 0)));
  }

  @Test
  void a_stack_does_not_grow_into_the_gap_to_what_can_be_accessed() throws Exception {
    long g = map(0x2000_0000_0000L, 4 * P, RW, MAP_GROWSDOWN);
    map(g - 300 * P, P, RW, 0);
    p.writeByte(g - 43 * P, (byte) 1);
    fails("SIGSEGV", () -> p.writeByte(g - 44 * P, (byte) 1));
    p.mprotect(g - 300 * P, P, 0);
    p.writeByte(g - 44 * P, (byte) 1);
  }

  @Test
  void a_stack_grows_for_proc_mem_too() throws Exception {
    long g = map(0x2100_0000_0000L, P, RW, MAP_GROWSDOWN);
    assertThat(p.mem().pwrite(g - P, new byte[1])).isEqualTo(1);
    assertThat(vma(p, g)).isEqualTo("20fffffff000-210000001000");
    assertThat(p.mem().pwrite(g - 3 * P, new byte[8192])).isEqualTo(8192);
    assertThat(p.mem().pwrite(g + P - 10, new byte[8192])).as("not upwards").isEqualTo(10);
    fails("EINVAL", () -> p.mem().pread(-1, new byte[1]));
    fails("EIO", () -> p.mem().pread(0x7fff_ffff_f000L, new byte[1]));
  }

  @Test
  void above_user_space_nothing_can_be_accessed() throws Exception {
    map(0, P, RW, MAP_FIXED);
    p.writeByte(0, (byte) 1);
    for (long addr : new long[] {1L << 47, 0x7fff_ffff_f000L, 1L << 48, -1L << 47, -P}) {
      fails("SIGSEGV", () -> p.touch(addr));
      fails("SIGSEGV", () -> p.writeByte(addr, (byte) 1));
    }
  }

  @Test
  void mremap_moves_where_it_cannot_grow() throws Exception {
    long x = map(0x3000_0000_0000L, 4 * P, RW, 0);
    map(x + 4 * P, P, READ, MAP_FIXED);
    p.writeByte(x, (byte) 5);
    fails("ENOMEM", () -> p.mremap(x, 4 * P, 6 * P, 0, 0));
    long y = p.mremap(x, 4 * P, 6 * P, MREMAP_MAYMOVE, 0);
    assertThat(y).isEqualTo(X - 6 * P);
    assertThat(byteAt(y)).isEqualTo(5);
    long part = p.mremap(y, 2 * P, 3 * P, MREMAP_MAYMOVE, 0);
    assertThat(part).as("the hole that it leaves is too small").isEqualTo(y - 3 * P);
    assertThat(p.mremap(y + 3 * P, 2 * P, 2 * P, MREMAP_MAYMOVE, 0)).isEqualTo(y + 3 * P);
  }

  @Test
  void what_grows_to_whole_huge_pages_is_aligned() throws Exception {
    long d = map(0, 4 * MIB, RW, 0);
    map(d + 4 * MIB, P, READ, MAP_FIXED);
    long moved = p.mremap(d + 6 * P, 4 * MIB - 6 * P, 6 * MIB, MREMAP_MAYMOVE, 0);
    assertThat(moved % (2 * MIB)).isZero();
  }

  @Test
  void for_DONTUNMAP_the_new_address_is_a_hint() throws Exception {
    long q = map(0x3100_0000_0000L, 4 * P, RW, 0);
    int flags = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    long to = 0x3200_0000_0000L;
    assertThat(p.mremap(q, 4 * P, 4 * P, flags, to)).isEqualTo(to);
    assertThat(p.mremap(q, 4 * P, 4 * P, flags, to)).as("taken").isEqualTo(X - 4 * P);
    assertThat(p.mremap(q, 4 * P, 4 * P, flags, 0)).as("none").isEqualTo(X - 8 * P);
  }

  /** Found by comparing made-up scenarios with Linux 6.18.44; 7.2 gives the old place its own. */
  @Test
  void what_DONTUNMAP_leaves_keeps_its_page_offset_and_merges_with_no_new_mapping()
      throws Exception {
    long far = 0x2000_0040_0000L;
    long a = map(0x2000_0000_0000L, 3 * P, RW, 0);
    p.writeByte(a + 2 * P, (byte) 1);
    p.mremap(a, 3 * P, 3 * P, MREMAP_MAYMOVE | MREMAP_FIXED, far);
    p.mremap(far, 3 * P, 3 * P, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0x2000_0080_0000L);
    map(far - 12 * P, 12 * P, RW, 0);
    assertThat(vma(p, far)).isEqualTo("200000400000-200000403000");
  }

  @Test
  void an_old_length_of_0_maps_shared_memory_once_more() throws Exception {
    long sm = map(0x3300_0000_0000L, 4 * P, RW, MAP_SHARED);
    p.writeByte(sm + P, (byte) 9);
    long again = p.mremap(sm, 0, 4 * P, MREMAP_MAYMOVE, 0);
    assertThat(again).isEqualTo(X - 4 * P);
    assertThat(byteAt(again + P)).isEqualTo(9);
    p.writeByte(again, (byte) 3);
    assertThat(byteAt(sm)).isEqualTo(3);
    fails("ENOMEM", () -> p.mremap(sm, 0, 4 * P, 0, 0));
    int fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
    assertThat(p.mremap(sm + P, 0, 2 * P, fixed, 0x3400_0000_0000L)).isEqualTo(0x3400_0000_0000L);
    assertThat(vma(p, 0x3400_0000_0000L)).isEqualTo("340000000000-340000002000");
    long priv = map(0x3100_0000_0000L, 4 * P, RW, 0);
    fails("EINVAL", () -> p.mremap(priv, 0, 4 * P, MREMAP_MAYMOVE, 0));
  }

  @Test
  void a_source_above_all_addresses_is_EFAULT() {
    int fixed = MREMAP_MAYMOVE | MREMAP_FIXED;
    fails("EFAULT", () -> p.mremap(-8192, P, P, fixed, 0x3500_0000_0000L));
  }

  @Test
  void the_address_space_can_be_limited() throws Exception {
    p.rlimits().as = p.mm().totalVm * P + 4 * P;
    long at = 0x3800_0000_0000L;
    fails("ENOMEM", () -> map(at, 5 * P, READ, 0));
    assertThat(map(at, 4 * P, READ, 0)).isEqualTo(at);
    fails("ENOMEM", () -> map(at, 5 * P, RW, MAP_FIXED));
    assertThat(vma(p, at)).as("what was to be replaced").isEqualTo("380000000000-380000004000");
    assertThat(map(at, 4 * P, RW, MAP_FIXED)).isEqualTo(at);
    fails("ENOMEM", () -> p.mremap(at, 4 * P, 5 * P, 0, 0));
    int dontunmap = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
    fails("ENOMEM", () -> p.mremap(at, 4 * P, 4 * P, dontunmap, 0x3900_0000_0000L));
  }

  @Test
  void writable_private_memory_can_be_limited() throws Exception {
    p.rlimits().data = p.mm().dataVm * P + 2 * P;
    long at = 0x3a00_0000_0000L;
    fails("ENOMEM", () -> map(at, 3 * P, RW, 0));
    assertThat(map(at, 3 * P, READ, 0)).isEqualTo(at);
    fails("ENOMEM", () -> p.mprotect(at, 3 * P, RW));
    p.mprotect(at, 2 * P, RW);
  }

  @Test
  void locked_memory_is_limited_for_those_who_are_not_privileged() throws Exception {
    long lck = p.mm().lockedVm;
    map(0x3700_0000_0000L, 2 * P, RW, MAP_LOCKED);
    assertThat(p.mm().lockedVm - lck).isEqualTo(2);
    p.munlock(0x3700_0000_0000L, 2 * P);
    p.rlimits().capIpcLock = false;
    p.rlimits().memlock = 4 * P;
    long k = map(0x3b00_0000_0000L, 16 * P, RW, 0);
    fails("ENOMEM", () -> p.mlock(k, 5 * P));
    p.mlock(k, 3 * P);
    p.mlock(k, 4 * P);
    fails("ENOMEM", () -> p.mlock(k + 8 * P, P));
    fails("EAGAIN", () -> map(0x3c00_0000_0000L, P, RW, MAP_LOCKED));
    p.munlock(k + 3 * P, P);
    p.mlock(k + 3 * P + 5, 10);
    fails("EAGAIN", () -> p.mremap(k, 4 * P, 5 * P, MREMAP_MAYMOVE, 0));
    p.rlimits().memlock = 0;
    fails("EPERM", () -> p.mlock(k, P));
    fails("EPERM", () -> map(0x3c00_0000_0000L, P, RW, MAP_LOCKED));
  }

  @Test
  void a_child_has_its_parents_limits() throws Exception {
    p.rlimits().as = 100 * P;
    UserProcess child = p.fork();
    p.rlimits().as = -1;
    assertThat(child.rlimits().as).isEqualTo(100 * P);
  }

  @Test
  void a_process_that_has_exited_can_do_nothing() {
    p.exit();
    assertThatThrownBy(() -> p.touch(X))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("process 1 has exited");
    assertThatThrownBy(p::exit).isInstanceOf(IllegalStateException.class);
  }
}
