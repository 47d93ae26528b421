// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.samepage.machine.exec.Exec;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.proc.ProcMaps;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.vma.VmArea;

/** The heap, with what Linux 6.18 answered a C program on the same calls. */
final class BrkTest {
  private static final long HEAP = TestMachine.BASE;
  private static final int PAGE = 4096;
  private final TestMachine m = TestMachine.boot("linux-6.18");
  private UserProcess p = m.machine.newProcess();

  @BeforeEach
  void exec() throws SyscallException {
    p = m.machine.newProcess();
    p.exec(Exec.Image.ofHeap(HEAP));
  }

  @AfterEach
  void close() {
    m.close();
  }

  private static long pages(double n) {
    return HEAP + (long) (n * PAGE);
  }

  /** The heap's VMAs, without the stack, as pages from its start. */
  private List<String> heap() {
    return ProcMaps.lines(p.mm()).stream()
        .filter(line -> !line.startsWith("7"))
        .map(line -> {
          String[] parts = line.split("[- ]", 3);
          long start = Long.parseLong(parts[0], 16);
          long end = Long.parseLong(parts[1], 16);
          return "%d-%d %s".formatted((start - HEAP) / PAGE, (end - HEAP) / PAGE, parts[2]);
        })
        .toList();
  }

  /** The heap alone counts for the first, with all writable private memory for the second. */
  @Test
  void it_grows_as_far_as_the_limits_of_data_and_address_space() {
    p.rlimits().data = 3 * PAGE;
    assertThat(p.brk(pages(4))).isEqualTo(HEAP);
    assertThat(p.brk(pages(3))).isEqualTo(pages(3));
    p.rlimits().data = -1;
    p.rlimits().as = p.mm().totalVm * PAGE + PAGE;
    assertThat(p.brk(pages(5))).isEqualTo(pages(3));
    assertThat(p.brk(pages(4))).isEqualTo(pages(4));
  }

  @Test
  void it_begins_empty_and_grows_in_one_mapping_by_whole_pages() {
    assertThat(p.brk(0)).isEqualTo(HEAP);
    assertThat(p.brk(HEAP - PAGE)).as("below its start").isEqualTo(HEAP);
    assertThat(heap()).isEmpty();
    assertThat(p.brk(HEAP + 100)).isEqualTo(HEAP + 100);
    assertThat(heap()).containsExactly("0-1 rw-p 00000000");
    assertThat(p.brk(pages(3))).isEqualTo(pages(3));
    assertThat(p.brk(pages(4) + 1)).isEqualTo(pages(4) + 1);
    assertThat(heap()).containsExactly("0-5 rw-p 00000000");
    VmArea vma = p.mm().vmas.get(0);
    assertThat(vma.vmPgoff).as("page number of its address").isEqualTo(HEAP >> 12);
    assertThat(vma.vmFlags).as("rd wr mr mw me ac").isEqualTo(0x100073);
  }

  @Test
  void it_shrinks_by_unmapping() throws Exception {
    p.brk(pages(5));
    p.writeByte(pages(4), (byte) 1);
    assertThat(p.brk(pages(2))).isEqualTo(pages(2));
    assertThat(p.brk(pages(1.5))).isEqualTo(pages(1.5));
    assertThat(heap()).containsExactly("0-2 rw-p 00000000");
    assertThat(p.brk(HEAP)).isEqualTo(HEAP);
    assertThat(heap()).isEmpty();
    assertThat(p.mm().totalVm).as("the stack").isEqualTo(33);
  }

  @Test
  void one_page_before_the_next_mapping_must_stay_free() throws Exception {
    p.mmap(pages(10), PAGE, 3, false);
    assertThat(p.brk(pages(10))).isEqualTo(HEAP);
    assertThat(p.brk(pages(9))).isEqualTo(pages(9));
    assertThat(p.brk(pages(9) + 1)).isEqualTo(pages(9));
    assertThat(p.brk(pages(20))).isEqualTo(pages(9));
  }

  @Test
  void it_goes_on_in_a_mapping_of_its_own_behind_one_of_other_permissions() throws Exception {
    p.brk(pages(9));
    p.mprotect(pages(8), PAGE, 1);
    assertThat(p.brk(pages(11))).isEqualTo(pages(11));
    assertThat(heap())
        .containsExactly("0-8 rw-p 00000000", "8-9 r--p 00000000", "9-11 rw-p 00000000");
    p.munmap(pages(5), PAGE);
    assertThat(p.brk(pages(12))).isEqualTo(pages(12));
    assertThat(p.brk(pages(2))).as("holes do not matter").isEqualTo(pages(2));
    assertThat(heap()).containsExactly("0-2 rw-p 00000000");
  }

  @Test
  void within_a_hole_at_its_end_it_does_not_shrink_but_across_it_does() throws Exception {
    p.brk(pages(8));
    p.munmap(pages(4), 4 * PAGE);
    assertThat(p.brk(pages(5))).isEqualTo(pages(8));
    assertThat(p.brk(pages(3))).isEqualTo(pages(3));
  }

  @Test
  void it_cannot_grow_over_a_mapping_at_its_start_or_beyond_the_address_space() throws Exception {
    p.mmap(HEAP, 2 * PAGE, 3, false);
    assertThat(p.brk(pages(1))).isEqualTo(HEAP);
    p.munmap(HEAP, 2 * PAGE);
    assertThat(p.brk(HEAP + (1L << 47))).isEqualTo(HEAP);
    assertThat(p.brk(0x7fff_ffff_f000L)).isEqualTo(HEAP);
    assertThat(p.brk(-1)).isEqualTo(HEAP);
    assertThat(p.brk(-4096)).isEqualTo(HEAP);
  }

  @Test
  void what_was_made_mergeable_does_not_grow_unless_everything_is() throws Exception {
    p.brk(pages(4));
    p.madvise(HEAP, 4 * PAGE, Advice.MERGEABLE);
    p.brk(pages(5));
    assertThat(heap()).containsExactly("0-4 rw-p 00000000 mg", "4-5 rw-p 00000000");
    p.prctlMemoryMerge(1);
    p.brk(pages(6));
    assertThat(heap()).containsExactly("0-4 rw-p 00000000 mg", "4-6 rw-p 00000000 mg");
  }

  @Test
  void it_grows_behind_but_never_joins_what_comes_after() throws Exception {
    p.brk(pages(1));
    p.mmap(pages(4), PAGE, 3, false);
    p.brk(pages(3));
    assertThat(heap()).containsExactly("0-3 rw-p 00000000", "4-5 rw-p 00000000");
  }

  /** Not measured: what limits the search for the heap's mapping in the source. */
  @Test
  void a_mapping_that_ends_where_the_heap_starts_is_not_part_of_it() throws Exception {
    p.mmap(HEAP - PAGE, PAGE, 3, false);
    p.brk(pages(1));
    assertThat(heap()).containsExactly("-1-0 rw-p 00000000", "0-1 rw-p 00000000");
  }

  @Test
  void a_child_goes_on_where_its_parent_is_in_a_mapping_of_its_own() throws Exception {
    p.brk(pages(4));
    p.writeByte(HEAP, (byte) 1);
    UserProcess child = p.fork();
    assertThat(child.brk(0)).isEqualTo(pages(4));
    assertThat(child.brk(pages(8))).isEqualTo(pages(8));
    assertThat(p.brk(0)).isEqualTo(pages(4));
    p = child;
    assertThat(heap()).containsExactly("0-4 rw-p 00000000", "4-8 rw-p 00000000");
  }
}
