// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.mmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.mmap.VmaBed.CLOSES;
import static org.samepage.machine.mmap.VmaBed.FLAGS;
import static org.samepage.mm.vma.VmFlags.VM_DONTEXPAND;
import static org.samepage.mm.vma.VmFlags.VM_IO;
import static org.samepage.mm.vma.VmFlags.VM_MIXEDMAP;
import static org.samepage.mm.vma.VmFlags.VM_PFNMAP;
import static org.samepage.mm.vma.VmFlags.VM_SPECIAL;

import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/** What becomes of a range that nothing was mapped in: VT-05 to 08, and 10 as far as new ranges. */
@PortedFrom(
    value = "tools/testing/vma/tests/merge.c:test_merge_new",
    fidelity = Fidelity.ADAPTED,
    differs = "no vma_start_write; real anon_vmas")
final class VmaMergeNewTest {
  private final VmaBed bed = new VmaBed();

  @AfterEach
  void close() {
    bed.close();
  }

  static Stream<Arguments> stickies() {
    return VmaBed.stickyFlags()
        .boxed()
        .flatMap(flag ->
            LongStream.range(0, 16)
                .mapToObj(i ->
                    Arguments.of(
                        (i & 8) != 0 ? flag : 0L,
                        (i & 4) != 0 ? flag : 0L,
                        (i & 2) != 0 ? flag : 0L,
                        (i & 1) != 0 ? flag : 0L)));
  }

  private @Nullable VmArea mergeAt(long from, long to, long flags) {
    VmaMergeState vmg = bed.range(from, to, flags);
    VmArea merged = bed.merge.vmaMergeNewRange(vmg);
    assertThat(vmg.result)
        .isEqualTo(merged == null ? VmaMergeState.Result.NOMERGE : VmaMergeState.Result.SUCCESS);
    return merged;
  }

  private static void sticks(VmArea vma, long expected) {
    assertThat(vma.vmFlags).isEqualTo(FLAGS | expected);
  }

  /** The letters are the VMAs; the sixteen runs give each a sticky flag or not. */
  @ParameterizedTest(name = "range {0}, A {1}, B {2}, C {3}")
  @MethodSource("stickies")
  void VT_05_merge_new_joins_whatever_side_it_may_and_sticky_flags_stay(
      long range, long a, long b, long c) {
    VmArea vmaA = bed.map(0, 2, FLAGS | range | a); // AA.B.......C
    VmArea vmaB = bed.map(3, 4, FLAGS | range | b);
    VmArea vmaC = bed.map(11, 12, FLAGS | range | c);
    assertThat(mergeAt(7, 9, FLAGS | range)).as("touches nothing").isNull();
    VmArea vmaD = bed.map(7, 9, FLAGS | range); // AA.B...DD..C
    vmaA.vmOps = CLOSES; // grows, and is never removed
    bed.fault(vmaB);
    assertThat(mergeAt(2, 3, FLAGS | range)).as("both").isSameAs(vmaA);
    assertThat(bed.layout()).containsExactly("0-4", "7-9", "11-12");
    assertThat(vmaA.anonVma).as("B's").isNotNull();
    sticks(vmaA, range | a | b);
    assertThat(mergeAt(4, 5, FLAGS | range)).as("previous").isSameAs(vmaA);
    assertThat(bed.layout()).containsExactly("0-5", "7-9", "11-12");
    sticks(vmaA, range | a | b);
    bed.share(vmaD, vmaA);
    vmaD.vmOps = CLOSES;
    assertThat(mergeAt(6, 7, FLAGS | range)).as("next").isSameAs(vmaD);
    assertThat(bed.layout()).containsExactly("0-5", "6-9", "11-12");
    sticks(vmaD, range);
    vmaD.vmOps = null; // now it may go
    assertThat(mergeAt(5, 6, FLAGS | range)).as("both").isSameAs(vmaA);
    assertThat(bed.layout()).containsExactly("0-9", "11-12");
    bed.share(vmaC, vmaA);
    assertThat(mergeAt(10, 11, FLAGS | range)).as("next").isSameAs(vmaC);
    assertThat(bed.layout()).containsExactly("0-9", "10-12");
    sticks(vmaC, range | c);
    assertThat(mergeAt(9, 10, FLAGS | range)).as("both").isSameAs(vmaA);
    assertThat(bed.layout()).containsExactly("0-12");
    sticks(vmaA, range | a | b | c);
    assertThat(Objects.requireNonNull(vmaA.anonVma).numActiveVmas).isEqualTo(1);
  }

  @Test
  void VT_06_vma_merge_special_flags_are_four() {
    assertThat(VM_SPECIAL).isEqualTo(VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP);
  }

  @ParameterizedTest(name = "flag {0}")
  @ValueSource(longs = {VM_IO, VM_DONTEXPAND, VM_PFNMAP, VM_MIXEDMAP})
  void VT_06_vma_merge_special_flags_keep_new_and_changed_ranges_apart(long special) {
    bed.map(0, 3, FLAGS | special);
    assertThat(mergeAt(3, 4, FLAGS | special)).isNull();
    VmArea vma = bed.map(3, 4);
    VmaMergeState vmg = bed.part(vma, 3, 4, FLAGS | special);
    assertThat(bed.merge.vmaMergeExistingRange(vmg)).isNull();
    assertThat(vmg.result).isEqualTo(VmaMergeState.Result.NOMERGE);
    assertThat(bed.layout()).containsExactly("0-3", "3-4");
  }

  @Test
  void VT_07_vma_merge_with_close_a_new_range_joins_the_previous_alone() {
    VmArea prev = bed.map(0, 3);
    VmArea next = bed.map(5, 9);
    next.vmOps = CLOSES;
    assertThat(mergeAt(3, 5, FLAGS)).isSameAs(prev);
    assertThat(bed.layout()).containsExactly("0-5", "5-9");
  }

  @Test
  void VT_07_vma_merge_with_close_a_new_range_before_it_may_join_it() {
    VmArea next = bed.map(5, 9);
    next.vmOps = CLOSES;
    assertThat(mergeAt(3, 5, FLAGS)).as("it grows, it does not go").isSameAs(next);
    assertThat(bed.layout()).containsExactly("3-9");
  }

  @Test
  void VT_08_vma_merge_new_with_close_on_both_sides_grows_the_previous() {
    VmArea prev = bed.map(0, 2);
    VmArea next = bed.map(5, 7);
    prev.vmOps = CLOSES;
    next.vmOps = CLOSES;
    assertThat(mergeAt(2, 5, FLAGS)).isSameAs(prev);
    assertThat(prev.vmOps).isSameAs(CLOSES);
    assertThat(bed.layout()).containsExactly("0-5", "5-7");
  }

  @Test
  void VT_10_anon_vma_non_mergeable_a_new_range_joins_the_previous_alone() {
    VmArea prev = bed.map(0, 3);
    VmArea next = bed.map(7, 9);
    assertThat(bed.fault(prev)).isNotSameAs(bed.fault(next));
    assertThat(mergeAt(3, 7, FLAGS)).isSameAs(prev);
    assertThat(bed.layout()).containsExactly("0-7", "7-9");
  }
}
