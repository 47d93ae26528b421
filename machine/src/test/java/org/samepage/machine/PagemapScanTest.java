// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.MappingTestBase.fails;
import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.proc.PagemapScan.PageRegion;
import org.samepage.machine.proc.PagemapScan.PmScanArg;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.UserfaultfdCtx;

/** PAGEMAP_SCAN, as a C program saw it on Linux 6.18 with the same mappings. */
final class PagemapScanTest {
  private static final long WRITTEN = 2;
  private static final long FILE = 4;
  private static final long PRESENT = 8;
  private static final long SWAPPED = 16;
  private static final long ZERO = 32;
  private static final long GUARD = 256;
  private static final long ALL = 511;
  private static final String FIRST = "[0-4 a][4-6 2a][6-8 2][8-10 112][10-16 2]";

  private final TestMachine m = TestMachine.boot("linux-6.18");
  private final UserProcess p = m.machine.newProcess();

  /** Pages 0 to 15 private, 20 to 27 of a file, 600 to 607 private and untouched. */
  @BeforeEach
  void map() throws SyscallException {
    p.mmap(page(0), 16 * 4096, RW, true);
    for (int i = 0; i < 4; i++) {
      p.writeByte(page(i), (byte) 1);
    }
    p.touch(page(4));
    p.touch(page(5));
    p.madvise(page(8), 2 * 4096, Advice.GUARD_INSTALL);
    AddressSpace file = m.machine.newFile(8 * 4096);
    p.mmap(new Mmap.Request(page(20), 8 * 4096, RW, true, false, false, file, 0));
    p.writeByte(page(20), (byte) 1);
    p.writeByte(page(22), (byte) 1);
    p.mmap(page(600), 8 * 4096, RW, true);
  }

  @AfterEach
  void close() {
    m.close();
  }

  private static PmScanArg ask(long from, long to, long mask, long told) {
    PmScanArg arg = new PmScanArg();
    arg.start = page(from);
    arg.end = page(to);
    arg.categoryMask = mask;
    arg.returnMask = told;
    arg.vecLen = 64;
    return arg;
  }

  private String scan(PmScanArg arg) throws SyscallException {
    List<PageRegion> regions = new ArrayList<>();
    int found = m.machine.proc().pagemapScan(p.pid(), arg, regions);
    assertThat(regions).hasSize(found);
    StringBuilder text = new StringBuilder();
    for (PageRegion region : regions) {
      text.append(
          "[%d-%d %x]".formatted(at(region.start()), at(region.end()), region.categories()));
    }
    return text.append(" to ").append(at(arg.walkEnd)).toString();
  }

  private static long at(long addr) {
    return (addr - BASE) / 4096;
  }

  @Test
  void every_page_has_its_categories() throws Exception {
    PmScanArg any = ask(0, 16, 0, ALL);
    any.categoryAnyofMask = ALL;
    assertThat(scan(any)).isEqualTo(FIRST + " to 16");
    assertThat(scan(ask(0, 700, 0, ALL)))
        .isEqualTo(FIRST + "[20-21 e][21-22 2][22-23 e][23-28 2][600-608 0] to 700");
    assertThat(scan(ask(0, 16, WRITTEN, WRITTEN))).isEqualTo("[0-16 2] to 16");
    assertThat(scan(ask(0, 16, WRITTEN, WRITTEN | PRESENT))).isEqualTo("[0-6 a][6-16 2] to 16");
  }

  @Test
  void a_mask_picks_pages() throws Exception {
    assertThat(scan(ask(0, 32, PRESENT, PRESENT))).isEqualTo("[0-6 8][20-21 8][22-23 8] to 32");
    assertThat(scan(ask(0, 32, FILE, ALL))).isEqualTo("[20-21 e][22-23 e] to 32");
    assertThat(scan(ask(0, 32, ZERO, ALL))).isEqualTo("[4-6 2a] to 32");
    assertThat(scan(ask(0, 32, GUARD, GUARD))).isEqualTo("[8-10 100] to 32");
    assertThat(scan(ask(0, 32, SWAPPED, ALL))).isEqualTo("[8-10 112] to 32");
    PmScanArg absent = ask(0, 32, PRESENT, PRESENT);
    absent.categoryInverted = PRESENT;
    assertThat(scan(absent)).isEqualTo("[6-16 0][21-22 0][23-28 0] to 32");
    PmScanArg untracked = ask(0, 32, 1, ALL);
    assertThat(scan(untracked)).isEqualTo(" to 32");
  }

  @Test
  void it_ends_where_there_is_room_for_no_more() throws Exception {
    PmScanArg two = ask(0, 32, PRESENT, PRESENT);
    two.maxPages = 2;
    assertThat(scan(two)).isEqualTo("[0-2 8] to 2");
    PmScanArg one = ask(0, 32, PRESENT, ALL);
    one.vecLen = 1;
    assertThat(scan(one)).isEqualTo("[0-4 a] to 4");
    PmScanArg pair = ask(0, 32, PRESENT, ALL);
    pair.vecLen = 2;
    assertThat(scan(pair)).isEqualTo("[0-4 a][4-6 2a] to 20");
    PmScanArg none = ask(0, 32, PRESENT, ALL);
    none.vecLen = 0;
    assertThat(scan(none)).isEqualTo(" to 32");
    PmScanArg six = ask(0, 32, PRESENT, PRESENT);
    six.maxPages = 6;
    six.vecLen = 2;
    assertThat(scan(six)).isEqualTo("[0-6 8] to 20");
  }

  @Test
  void what_a_userfaultfd_protects_is_not_written() throws Exception {
    UserfaultfdCtx ctx = new UserfaultfdCtx(UserfaultfdCtx.UFFD_FEATURE_WP_UNPOPULATED);
    p.uffdRegister(ctx, page(0), 16 * 4096);
    p.uffdWriteProtect(page(2), 8 * 4096, true);
    assertThat(scan(ask(0, 16, WRITTEN, WRITTEN))).isEqualTo("[0-2 2][8-16 2] to 16");
    assertThat(scan(ask(0, 16, 0, ALL)))
        .isEqualTo("[0-2 a][2-4 8][4-6 28][6-8 10][8-10 112][10-16 2] to 16");
    p.uffdRegister(ctx, page(600), 8 * 4096);
    assertThat(scan(ask(600, 608, 0, ALL))).isEqualTo("[600-608 2] to 608");
  }

  @Test
  void errors_are_those_of_the_ioctl() throws Exception {
    PmScanArg odd = ask(0, 2, PRESENT, PRESENT);
    odd.start++;
    fails("EINVAL", () -> scan(odd));
    fails("EFAULT", () -> scan(ask(5, 2, PRESENT, PRESENT)));
    fails("EINVAL", () -> scan(ask(0, 2, 512, PRESENT)));
    PmScanArg flags = ask(0, 2, PRESENT, PRESENT);
    flags.flags = 4;
    fails("EINVAL", () -> scan(flags));
    PmScanArg protect = ask(0, 32, PRESENT, PRESENT);
    protect.flags = 1;
    assertThat(scan(protect)).isEqualTo(" to 32");
    PmScanArg track = ask(0, 32, PRESENT, PRESENT);
    track.flags = 2;
    fails("EPERM", () -> scan(track));
    assertThat(scan(ask(3, 3, PRESENT, PRESENT))).isEqualTo(" to 3");
    PmScanArg end = ask(0, 2, PRESENT, PRESENT);
    end.end++;
    assertThat(scan(end)).isEqualTo("[0-3 8] to 3");
  }
}
