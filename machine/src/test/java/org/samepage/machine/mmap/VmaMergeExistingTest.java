// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.mmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.mmap.VmaBed.CLOSES;
import static org.samepage.machine.mmap.VmaBed.FLAGS;

import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.VmArea;

/** What becomes of a part of a VMA that is to have other flags: VT-07, 09, 10, 11. */
@PortedFrom(
    value = "tools/testing/vma/tests/merge.c:test_merge_existing",
    fidelity = Fidelity.ADAPTED,
    differs = "no vma_start_write; real anon_vmas")
final class VmaMergeExistingTest {
  private final VmaBed bed = new VmaBed();

  @AfterEach
  void close() {
    bed.close();
  }

  private @Nullable VmArea mergePart(VmArea vma, long from, long to) {
    VmaMergeState vmg = bed.part(vma, from, to);
    VmArea merged = bed.merge.vmaMergeExistingRange(vmg);
    assertThat(vmg.result)
        .isEqualTo(merged == null ? VmaMergeState.Result.NOMERGE : VmaMergeState.Result.SUCCESS);
    return merged;
  }

  private static void sticks(VmArea vma, long expected) {
    assertThat(vma.vmFlags).isEqualTo(FLAGS | expected);
  }

  static Stream<Arguments> stickies() {
    return VmaBed.stickyFlags()
        .boxed()
        .flatMap(flag ->
            LongStream.range(0, 8)
                .mapToObj(i ->
                    Arguments.of(
                        (i & 4) != 0 ? flag : 0L,
                        (i & 2) != 0 ? flag : 0L,
                        (i & 1) != 0 ? flag : 0L)));
  }

  @ParameterizedTest(name = "previous {0}, middle {1}, next {2}")
  @MethodSource("stickies")
  void VT_09_merge_existing_right_part(long prev, long middle, long next) {
    VmArea vma = bed.map(2, 6, FLAGS | middle);
    VmArea vmaNext = bed.map(6, 9, FLAGS | next);
    vma.vmOps = CLOSES;
    vmaNext.vmOps = CLOSES;
    AnonVma anonVma = bed.fault(vma);
    assertThat(mergePart(vma, 3, 6)).isSameAs(vmaNext);
    assertThat(bed.layout()).containsExactly("2-3", "3-9");
    assertThat(vmaNext.anonVma).isSameAs(anonVma);
    assertThat(vma.vmStart).isEqualTo(0x2000);
    sticks(vmaNext, middle | next);
    sticks(vma, middle);
  }

  @ParameterizedTest(name = "previous {0}, middle {1}, next {2}")
  @MethodSource("stickies")
  void VT_09_merge_existing_right_all(long prev, long middle, long next) {
    VmArea vma = bed.map(2, 6, FLAGS | middle);
    VmArea vmaNext = bed.map(6, 9, FLAGS | next);
    vmaNext.vmOps = CLOSES;
    AnonVma anonVma = bed.fault(vma);
    assertThat(mergePart(vma, 2, 6)).isSameAs(vmaNext);
    assertThat(bed.layout()).containsExactly("2-9");
    assertThat(vmaNext.anonVma).isSameAs(anonVma);
    sticks(vmaNext, middle | next);
  }

  @ParameterizedTest(name = "previous {0}, middle {1}, next {2}")
  @MethodSource("stickies")
  void VT_09_merge_existing_left_part(long prev, long middle, long next) {
    VmArea vmaPrev = bed.map(0, 3, FLAGS | prev);
    VmArea vma = bed.map(3, 7, FLAGS | middle);
    vmaPrev.vmOps = CLOSES;
    vma.vmOps = CLOSES;
    AnonVma anonVma = bed.fault(vma);
    assertThat(mergePart(vma, 3, 6)).isSameAs(vmaPrev);
    assertThat(bed.layout()).containsExactly("0-6", "6-7");
    assertThat(vmaPrev.anonVma).isSameAs(anonVma);
    assertThat(vma.vmStart).isEqualTo(0x6000);
    sticks(vmaPrev, prev | middle);
  }

  @ParameterizedTest(name = "previous {0}, middle {1}, next {2}")
  @MethodSource("stickies")
  void VT_09_merge_existing_left_all(long prev, long middle, long next) {
    VmArea vmaPrev = bed.map(0, 3, FLAGS | prev);
    VmArea vma = bed.map(3, 7, FLAGS | middle);
    vmaPrev.vmOps = CLOSES;
    AnonVma anonVma = bed.fault(vma);
    assertThat(mergePart(vma, 3, 7)).isSameAs(vmaPrev);
    assertThat(bed.layout()).containsExactly("0-7");
    assertThat(vmaPrev.anonVma).isSameAs(anonVma);
    sticks(vmaPrev, prev | middle);
  }

  @ParameterizedTest(name = "previous {0}, middle {1}, next {2}")
  @MethodSource("stickies")
  void VT_09_merge_existing_both(long prev, long middle, long next) {
    VmArea vmaPrev = bed.map(0, 3, FLAGS | prev);
    VmArea vma = bed.map(3, 7, FLAGS | middle);
    bed.map(7, 9, FLAGS | next);
    vmaPrev.vmOps = CLOSES;
    AnonVma anonVma = bed.fault(vma);
    assertThat(mergePart(vma, 3, 7)).isSameAs(vmaPrev);
    assertThat(bed.layout()).containsExactly("0-9");
    assertThat(vmaPrev.anonVma).isSameAs(anonVma);
    sticks(vmaPrev, prev | middle | next);
  }

  @ParameterizedTest(name = "[{0}, {1}) of [3, 8)")
  @CsvSource({"4, 5", "5, 6", "6, 7", "4, 7", "4, 6", "5, 7"})
  void VT_09_merge_existing_an_inner_range_has_nobody_to_join(long from, long to) {
    bed.map(0, 3);
    VmArea vma = bed.map(3, 8);
    bed.map(8, 10);
    assertThat(mergePart(vma, from, to)).isNull();
    assertThat(bed.layout()).containsExactly("0-3", "3-8", "8-10");
  }

  @Test
  void VT_07_vma_merge_with_close_a_middle_that_closes_is_not_swallowed_by_the_previous() {
    bed.map(0, 3);
    VmArea vma = bed.map(3, 5);
    vma.vmOps = CLOSES;
    assertThat(mergePart(vma, 3, 5)).isNull();
    assertThat(bed.layout()).containsExactly("0-3", "3-5");
  }

  @Test
  void VT_07_vma_merge_with_close_a_middle_that_closes_is_not_swallowed_by_the_next() {
    VmArea vma = bed.map(3, 5);
    bed.map(5, 9);
    vma.vmOps = CLOSES;
    assertThat(mergePart(vma, 3, 5)).isNull();
    assertThat(bed.layout()).containsExactly("3-5", "5-9");
  }

  @Test
  void VT_07_vma_merge_with_close_a_middle_that_closes_is_not_swallowed_by_both() {
    bed.map(0, 3);
    VmArea vma = bed.map(3, 5);
    bed.map(5, 9);
    vma.vmOps = CLOSES;
    assertThat(mergePart(vma, 3, 5)).isNull();
    assertThat(bed.layout()).containsExactly("0-3", "3-5", "5-9");
  }

  @Test
  void VT_07_vma_merge_with_close_where_the_next_closes_the_previous_grows_alone() {
    VmArea prev = bed.map(0, 3);
    VmArea vma = bed.map(3, 5);
    bed.map(5, 9).vmOps = CLOSES;
    assertThat(mergePart(vma, 3, 5)).isSameAs(prev);
    assertThat(bed.layout()).containsExactly("0-5", "5-9");
  }

  @Test
  void VT_10_anon_vma_non_mergeable_neighbours_that_do_not_fit_leave_the_next_out() {
    VmArea prev = bed.map(0, 3);
    VmArea vma = bed.map(3, 7);
    VmArea next = bed.map(7, 9);
    AnonVma left = bed.fault(prev);
    AnonVma right = bed.fault(next);
    assertThat(left).isNotSameAs(right);
    assertThat(mergePart(vma, 3, 7)).isSameAs(prev);
    assertThat(bed.layout()).containsExactly("0-7", "7-9");
    assertThat(prev.anonVma).isSameAs(left);
    assertThat(next.anonVma).isSameAs(right);
  }

  @Test
  void VT_11_dup_anon_vma_a_vma_that_swallows_the_next_takes_its_anon_vma() {
    VmArea prev = bed.map(0, 3);
    VmArea next = bed.map(3, 5);
    AnonVma anonVma = bed.fault(next);
    VmaMergeState vmg = bed.range(0, 5);
    vmg.target = prev;
    vmg.next = next;
    assertThat(bed.merge.vmaExpand(vmg)).isZero();
    taken(prev, anonVma, "0-5");
  }

  @Test
  void VT_11_dup_anon_vma_of_the_next_where_all_three_become_one() {
    VmArea prev = bed.map(0, 3);
    VmArea vma = bed.map(3, 5);
    AnonVma anonVma = bed.fault(bed.map(5, 8));
    assertThat(mergePart(vma, 3, 5)).isSameAs(prev);
    taken(prev, anonVma, "0-8");
  }

  @Test
  void VT_11_dup_anon_vma_of_the_middle_where_all_three_become_one() {
    VmArea prev = bed.map(0, 3);
    VmArea vma = bed.map(3, 5);
    bed.map(5, 8);
    AnonVma anonVma = bed.fault(vma);
    assertThat(mergePart(vma, 3, 5)).isSameAs(prev);
    taken(prev, anonVma, "0-8");
  }

  @Test
  void VT_11_dup_anon_vma_of_a_middle_that_gives_its_first_part_to_the_previous() {
    VmArea prev = bed.map(0, 3);
    VmArea vma = bed.map(3, 8);
    AnonVma anonVma = bed.fault(vma);
    assertThat(mergePart(vma, 3, 5)).isSameAs(prev);
    taken(prev, anonVma, "0-5", "5-8");
  }

  @Test
  void VT_11_dup_anon_vma_of_a_middle_that_gives_its_last_part_to_the_next() {
    VmArea vma = bed.map(0, 5);
    VmArea next = bed.map(5, 8);
    AnonVma anonVma = bed.fault(vma);
    assertThat(mergePart(vma, 3, 5)).isSameAs(next);
    taken(next, anonVma, "0-3", "3-8");
  }

  /** It has the anon_vma, is linked to it, and is counted: {@link VmaBed#layout} sees to that. */
  private void taken(VmArea vma, AnonVma anonVma, String... layout) {
    assertThat(vma.anonVma).isSameAs(anonVma);
    assertThat(vma.chainIsSingular()).isTrue();
    assertThat(bed.layout()).containsExactly(layout);
  }
}
