// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.page;
import static org.samepage.machine.testing.TestMachine.pfn;
import static org.samepage.machine.testing.TestMachine.write;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.units.PageUnits;

/**
 * The files of /proc. Words and texts were seen on Linux 6.18.44 for the same calls; the app's
 * ProcDifferenceTest compares many more with the kernel at hand.
 */
final class ProcFsTest {
  private static final long LAST_PAGE = (PageUnits.TASK_SIZE - 1) / 4096;

  private final TestMachine test = TestMachine.boot("linux-6.18");
  private final ProcFs proc = test.machine.proc();

  @AfterEach
  void close() {
    test.close();
  }

  private static String path(UserProcess process, String name) {
    return "/proc/" + process.pid() + "/" + name;
  }

  private String line(UserProcess process, String file, String key) throws SyscallException {
    return proc.read(path(process, file))
        .lines()
        .filter(line -> line.startsWith(key))
        .findFirst()
        .orElseThrow();
  }

  private long word(UserProcess process, long index) throws SyscallException {
    return proc.pagemap(process.pid(), page(index), 1)[0];
  }

  @Test
  void smaps_is_as_the_kernel_prints_it() throws Exception {
    UserProcess process = test.machine.newProcess();
    process.mmap(BASE, 8 * 4096, TestMachine.RW, false);
    process.writeByte(BASE, (byte) 1);
    process.madvise(page(2), 4096, Advice.GUARD_INSTALL);
    assertThat(proc.read(path(process, "smaps")))
        .isEqualTo(
            """
            100000000000-100000008000 rw-p 00000000 00:00 0\s
            Size:                 32 kB
            KernelPageSize:        4 kB
            MMUPageSize:           4 kB
            Rss:                   4 kB
            Pss:                   4 kB
            Pss_Dirty:             4 kB
            Shared_Clean:          0 kB
            Shared_Dirty:          0 kB
            Private_Clean:         0 kB
            Private_Dirty:         4 kB
            Referenced:            4 kB
            Anonymous:             4 kB
            KSM:                   0 kB
            LazyFree:              0 kB
            AnonHugePages:         0 kB
            ShmemPmdMapped:        0 kB
            FilePmdMapped:         0 kB
            Shared_Hugetlb:        0 kB
            Private_Hugetlb:       0 kB
            Swap:                  0 kB
            SwapPss:               0 kB
            Locked:                0 kB
            THPeligible:           0
            VmFlags: rd wr mr mw me gu ac\s
            """);
  }

  @Test
  void swaps_has_a_line_for_the_device_where_there_is_one() throws Exception {
    String head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
    assertThat(proc.read("/proc/swaps")).isEqualTo(head);
    try (TestMachine swapping = TestMachine.boot("linux-6.18", "machine.swap=257")) {
      UserProcess process = swapping.process(4);
      write(process, 0, 1);
      process.swapOut(page(0), 4096);
      assertThat(swapping.machine.proc().read("/proc/swaps"))
          .isEqualTo(head + "/dev/swap                               partition\t1024\t\t4\t\t-2\n");
    }
  }

  @Test
  void maps_names_what_is_shared_in_a_column_of_its_own() throws Exception {
    UserProcess process = test.machine.newProcess();
    process.mmap(new Mmap.Request(BASE, 8 * 4096, TestMachine.RW, true, false, false, null, 0));
    String name = "/dev/zero (deleted)\n";
    assertThat(proc.read(path(process, "maps")))
        .startsWith("100000000000-100000008000 rw-s 00000000 00:01 ")
        .endsWith(" " + name)
        .hasSize(73 + name.length());
  }

  @Test
  void a_share_of_a_page_is_rounded_down_once_at_the_end() throws Exception {
    UserProcess process = test.process(4);
    for (int i = 0; i < 4; i++) {
      write(process, i, i);
    }
    UserProcess second = process.fork();
    UserProcess third = process.fork();
    // a third of 4096 * 4096 is 5592405; four of them are 5461 bytes and a bit, so 5 kB
    assertThat(line(third, "smaps", "Pss:")).isEqualTo("Pss:                   5 kB");
    assertThat(line(third, "smaps", "Shared_Dirty:")).endsWith(" 16 kB");
    second.exit();
    assertThat(line(third, "smaps", "Pss:")).endsWith(" 8 kB");
    third.exit();
    assertThat(line(process, "smaps", "Private_Dirty:")).endsWith(" 16 kB");
  }

  @Test
  void a_word_of_pagemap_says_how_a_page_is_mapped() throws Exception {
    UserProcess process = test.process(5);
    write(process, 0, 1);
    process.touch(page(1));
    process.madvise(page(2), 4096, Advice.GUARD_INSTALL);
    assertThat(word(process, 0)).isEqualTo(0x8100_0000_0000_0000L | pfn(process, 0));
    assertThat(word(process, 1)).isEqualTo(0x8000_0000_0000_0001L);
    assertThat(word(process, 2)).isEqualTo(0x4400_0000_0000_009fL);
    assertThat(word(process, 3)).isZero();
    UserProcess child = process.fork();
    assertThat(word(process, 0)).isEqualTo(0x8000_0000_0000_0000L | pfn(process, 0));
    assertThat(word(child, 0)).isEqualTo(word(process, 0));
    process.exit();
    assertThat(word(child, 0)).isEqualTo(0x8100_0000_0000_0000L | pfn(child, 0));
  }

  @Test
  void without_privilege_frames_are_hidden() throws Exception {
    UserProcess process = test.process(3);
    write(process, 0, 1);
    process.madvise(page(1), 4096, Advice.GUARD_INSTALL);
    ProcFs hidden = proc.unprivileged();
    assertThat(hidden.pagemap(process.pid(), BASE, 3))
        .containsExactly(0x8100_0000_0000_0000L, 0x4400_0000_0000_0000L, 0);
    assertThatThrownBy(() -> hidden.kpageflags(1)).hasMessage("EACCES");
    assertThatThrownBy(() -> hidden.read("/proc/kpagecount", 0, ByteBuffer.allocate(8)))
        .hasMessage("EACCES");
    assertThat(hidden.read(path(process, "smaps"))).isEqualTo(proc.read(path(process, "smaps")));
  }

  @Test
  void words_are_read_at_an_offset_in_little_endian_order_across_tables_and_holes()
      throws Exception {
    UserProcess process = test.machine.newProcess();
    long end = BASE + PageUnits.PMD_SIZE;
    process.mmap(end - 2 * 4096, 4 * 4096, TestMachine.RW, true);
    process.writeByte(end - 4096, (byte) 1);
    process.writeByte(end + 4096, (byte) 1);
    ByteBuffer bytes = ByteBuffer.allocate(6 * 8).order(ByteOrder.LITTLE_ENDIAN);
    int found = proc.read(path(process, "pagemap"), (end / 4096 - 3) * 8, bytes);
    assertThat(found).isEqualTo(48);
    long[] words = new long[6];
    bytes.flip().asLongBuffer().get(words);
    assertThat(words).containsExactly(proc.pagemap(process.pid(), end - 3 * 4096, 6));
    assertThat(Arrays.stream(words).map(w -> w >>> 56))
        .containsExactly(0L, 0L, 0x81L, 0L, 0x81L, 0L);
  }

  @Test
  void pagemap_ends_with_the_address_space_and_takes_whole_words() throws Exception {
    UserProcess process = test.process(1);
    String pagemap = path(process, "pagemap");
    assertThat(proc.read(pagemap, (LAST_PAGE - 1) * 8, ByteBuffer.allocate(64))).isEqualTo(16);
    assertThat(proc.read(pagemap, (LAST_PAGE + 1) * 8, ByteBuffer.allocate(64))).isZero();
    assertThat(proc.read(pagemap, 1L << 60, ByteBuffer.allocate(64))).isZero();
    assertThat(proc.read(pagemap, 8, ByteBuffer.allocate(0))).isZero();
    assertThatThrownBy(() -> proc.read(pagemap, 4, ByteBuffer.allocate(8))).hasMessage("EINVAL");
    assertThatThrownBy(() -> proc.read(pagemap, 8, ByteBuffer.allocate(7))).hasMessage("EINVAL");
    assertThatThrownBy(() -> proc.read("/proc/kpageflags", 4, ByteBuffer.allocate(8)))
        .hasMessage("EINVAL");
    assertThat(proc.read("/proc/kpagecount", 1L << 50, ByteBuffer.allocate(8))).isZero();
  }

  @Test
  void a_frame_tells_what_it_is_for() throws Exception {
    UserProcess process = test.process(2);
    write(process, 0, 1);
    int anon = pfn(process, 0);
    // the kernel's 0x400005828 less LRU: up to date, mapped, anonymous, swap-backed, exclusive
    assertThat(proc.kpageflags(anon)).isEqualTo(0x4_0000_5808L);
    assertThat(proc.kpagecount(anon)).isEqualTo(1);
    UserProcess child = process.fork();
    assertThat(proc.kpageflags(anon)).isEqualTo(0x5808);
    assertThat(proc.kpagecount(anon)).isEqualTo(2);
    child.exit();
    assertThat(proc.kpageflags(anon)).isEqualTo(0x5808);
    process.writeByte(BASE, (byte) 7);
    assertThat(proc.kpageflags(anon)).isEqualTo(0x4_0000_5808L);
    PageTable table = process.mm().pgTables.pteTable(BASE);
    assertThat(proc.kpageflags(table.pfn)).isEqualTo(1L << 26);
    assertThat(proc.kpagecount(table.pfn)).isZero();
    assertThat(proc.kpageflags(1)).isEqualTo(1L << 32 | 1L << 24);
    assertThat(proc.kpageflags(0)).isEqualTo(1L << 32);
    process.munmap(BASE, 4096);
    assertThat(proc.kpageflags(anon)).isEqualTo(1L << 10);
    assertThat(proc.kpagecount(anon)).isZero();
    assertThat(proc.kpageflags(test.machine.memory().folios().frames().endPfn())).isZero();
    assertThat(proc.kpageflags(-1)).isZero();
  }

  @Test
  void ksm_s_files_have_six_lines_and_one() throws Exception {
    UserProcess process = test.mergeable(3);
    for (int i = 0; i < 3; i++) {
      write(process, i, 5);
    }
    test.passes(3);
    assertThat(proc.read(path(process, "ksm_stat")))
        .isEqualTo(
            """
            ksm_rmap_items 3
            ksm_zero_pages 0
            ksm_merging_pages 3
            ksm_process_profit 12096
            ksm_merge_any: no
            ksm_mergeable: yes
            """);
    assertThat(proc.read(path(process, "ksm_merging_pages"))).isEqualTo("3\n");
    assertThat(line(process, "smaps", "KSM:")).isEqualTo("KSM:                  12 kB");
    // PG_dirty, referenced, and nobody's own: 0x20581c
    assertThat(proc.kpageflags(pfn(process, 0))).isEqualTo(0x20_581cL);
    assertThat(proc.kpagecount(pfn(process, 0))).isEqualTo(3);
    process.prctlMemoryMerge(1);
    assertThat(line(process, "ksm_stat", "ksm_merge_any")).endsWith(": yes");
    process.prctlMemoryMerge(0);
    assertThat(line(process, "ksm_stat", "ksm_mergeable")).endsWith(": no");
  }

  @Test
  void status_counts_by_kind_and_remembers_the_most() throws Exception {
    UserProcess process = test.machine.newProcess();
    process.mmap(BASE, 4 * 4096, TestMachine.RW, true);
    process.mmap(BASE + (1 << 20), 2 * 4096, 5, false);
    process.mmap(
        new Mmap.Request(BASE + (2 << 20), 4096, TestMachine.RW, true, false, true, null, 0));
    for (int i = 0; i < 3; i++) {
      write(process, i, i);
    }
    process.mlock(page(0), 4096);
    assertThat(proc.read(path(process, "status")))
        .isEqualTo(
            """
            Tgid:\t1
            Pid:\t1
            VmPeak:\t      28 kB
            VmSize:\t      28 kB
            VmLck:\t       4 kB
            VmPin:\t       0 kB
            VmHWM:\t      16 kB
            VmRSS:\t      16 kB
            RssAnon:\t      12 kB
            RssFile:\t       0 kB
            RssShmem:\t       4 kB
            VmData:\t      16 kB
            VmStk:\t       0 kB
            VmExe:\t       0 kB
            VmLib:\t       8 kB
            VmPTE:\t      16 kB
            VmSwap:\t       0 kB
            HugetlbPages:\t       0 kB
            """);
    process.munmap(page(1), 3 * 4096);
    assertThat(line(process, "status", "VmRSS:")).endsWith("\t       8 kB");
    assertThat(line(process, "status", "VmHWM:")).endsWith("\t      16 kB");
    assertThat(line(process, "status", "VmSize:")).endsWith("\t      16 kB");
    assertThat(line(process, "status", "VmPeak:")).endsWith("\t      28 kB");
    process.mprotect(page(0), 4096, 1);
    assertThat(line(process, "status", "VmData:")).endsWith("\t       0 kB");
    UserProcess child = process.fork();
    assertThat(line(child, "status", "VmPeak:")).endsWith("\t      16 kB");
    assertThat(line(child, "status", "VmLck:")).endsWith("\t       0 kB");
  }

  @Test
  void what_is_not_there_fails_as_on_linux() throws Exception {
    UserProcess process = test.process(1);
    UserProcess child = process.fork();
    assertThat(child.pid()).isNotEqualTo(process.pid());
    child.exit();
    for (String path :
        new String[] {
          path(child, "smaps"),
          path(process, "nothing"),
          "/proc/0" + process.pid() + "/smaps",
          "/proc/9999999999/smaps",
          "/proc/0/smaps",
          "/proc/-1/smaps",
          "/proc/kpagecgroup",
          "/sys",
          ""
        }) {
      assertThatThrownBy(() -> proc.read(path)).as(path).hasMessage("ENOENT");
    }
    assertThatThrownBy(() -> proc.read(path(process, "smaps/x"))).hasMessage("ENOTDIR");
    assertThatThrownBy(() -> proc.read("/proc/kpagecount/x")).hasMessage("ENOTDIR");
    assertThatThrownBy(() -> proc.read("/proc/" + process.pid())).hasMessage("EISDIR");
    assertThatThrownBy(() -> proc.read("/proc")).hasMessage("EISDIR");
    assertThatThrownBy(() -> proc.read("//proc/")).hasMessage("EISDIR");
    String twice = "/proc//" + process.pid() + "///ksm_stat";
    assertThat(proc.read(twice)).isEqualTo(proc.read(path(process, "ksm_stat")));
    assertThatThrownBy(() -> proc.read(path(process, "pagemap")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("words");
    assertThatThrownBy(() -> proc.pagemap(child.pid(), BASE, 1)).hasMessage("ENOENT");
  }

  @Test
  void text_can_be_read_in_pieces() throws Exception {
    UserProcess process = test.process(1);
    ByteBuffer piece = ByteBuffer.allocate(8);
    assertThat(proc.read(path(process, "ksm_stat"), 4, piece)).isEqualTo(8);
    assertThat(new String(piece.array(), java.nio.charset.StandardCharsets.US_ASCII))
        .isEqualTo("rmap_ite");
    assertThat(proc.read(path(process, "ksm_stat"), 10_000, ByteBuffer.allocate(8))).isZero();
  }

  @Test
  void reading_walks_as_the_kernel_does_and_counts_it() throws Exception {
    UserProcess process = test.process(600);
    write(process, 0, 1);
    write(process, 599, 1);
    long before = test.machine.work().ptesRead;
    proc.read(path(process, "smaps"));
    assertThat(test.machine.work().ptesRead - before).isEqualTo(600);
    process.munmap(page(0), 512 * 4096);
    before = test.machine.work().ptesRead;
    proc.pagemap(process.pid(), BASE, 600);
    assertThat(test.machine.work().ptesRead - before).isEqualTo(88);
  }
}
