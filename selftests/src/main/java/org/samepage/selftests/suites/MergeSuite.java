// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.selftests.run.Selftest.testCase;

import java.util.List;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Suite;

/** merge: which VMAs become one. */
@PortedFrom(
    value = "tools/testing/selftests/mm/merge.c:merge",
    fidelity = Fidelity.ADAPTED,
    differs = "a child's failure fails its case")
public final class MergeSuite implements Suite {
  @Override
  public String id() {
    return "MG";
  }

  @Override
  public String program() {
    return "merge";
  }

  @Override
  public List<Selftest> cases() {
    return List.of(
        testCase("MG-01", "merge.mprotect_unfaulted_left", MergeByMprotect::unfaultedLeft),
        testCase("MG-02", "merge.mprotect_unfaulted_right", MergeByMprotect::unfaultedRight),
        testCase("MG-03", "merge.mprotect_unfaulted_both", MergeByMprotect::unfaultedBoth),
        testCase(
            "MG-04",
            "merge.mprotect_faulted_left_unfaulted_right",
            MergeByMprotect::faultedLeftUnfaultedRight),
        testCase(
            "MG-05",
            "merge.mprotect_unfaulted_left_faulted_right",
            MergeByMprotect::unfaultedLeftFaultedRight),
        testCase("MG-06", "merge.forked_target_vma", MergeOthers::forkedTargetVma),
        testCase("MG-07", "merge.forked_source_vma", MergeOthers::forkedSourceVma),
        testCase("MG-08", "merge.handle_uprobe_upon_merged_vma", MergeOthers::uprobeUponMergedVma),
        testCase("MG-09", "merge.ksm_merge", MergeOthers::ksmMerge),
        testCase("MG-10", "merge.mremap_unfaulted_to_faulted", MergeByMremap::unfaultedToFaulted),
        testCase(
            "MG-11",
            "merge.mremap_unfaulted_behind_faulted",
            MergeByMremap::unfaultedBehindFaulted),
        testCase(
            "MG-12",
            "merge.mremap_unfaulted_between_faulted",
            MergeByMremap::unfaultedBetweenFaulted),
        testCase(
            "MG-13",
            "merge.mremap_unfaulted_between_faulted_unfaulted",
            MergeByMremap::unfaultedBetweenFaultedUnfaulted),
        testCase(
            "MG-14",
            "merge.mremap_unfaulted_between_correctly_placed_faulted",
            MergeByMremap::unfaultedBetweenCorrectlyPlacedFaulted),
        testCase(
            "MG-15", "merge.mremap_correct_placed_faulted", MergeByMremap::correctPlacedFaulted),
        testCase("MG-16", "merge.merge_vmas_with_mseal", MergeOthers::mergeVmasWithMseal),
        testCase(
                "MG-17",
                "merge.anon_and_page_offset_mismatch_memfd",
                MergeOthers::anonAndPageOffsetMismatchMemfd)
            .since(703, "kernels before 7.3 merge these, by the file's offset alone"),
        forked("MG-18", true, "prev", MergeWithFork::prev),
        forked("MG-19", true, "next", MergeWithFork::next),
        forked("MG-20", true, "prev_unfaulted_next", MergeWithFork::prevUnfaultedNext),
        forked("MG-21", true, "prev_faulted_next", MergeWithFork::prevFaultedNext),
        forked("MG-22", false, "prev", MergeWithFork::prev),
        forked("MG-23", false, "next", MergeWithFork::next),
        forked("MG-24", false, "prev_unfaulted_next", MergeWithFork::prevUnfaultedNext),
        forked("MG-25", false, "prev_faulted_next", MergeWithFork::prevFaultedNext));
  }

  private static Selftest forked(String id, boolean forked, String what, MergeWithFork.Body body) {
    String name =
        "merge_with_fork.%s.mremap_faulted_to_unfaulted_%s"
            .formatted(forked ? "forked" : "unforked", what);
    return testCase(id, name, t -> body.run(new MergeFixture(t), forked));
  }
}
