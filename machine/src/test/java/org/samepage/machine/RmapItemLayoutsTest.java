// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;

/** What shows of a page index that lies over checksum, age and skips. */
final class RmapItemLayoutsTest {
  /** Its page number is, as eight bytes, a checksum, an age of 7, and no skips. */
  private static final long HIGH = 0x7f2a_e151_1000L;

  private static final long PAGE = 4096;

  /**
   * Two passes merge three pages, then one of them is written, and five passes follow.
   *
   * <p>With an age of its own the item is 2 then, is looked at at 2, 3 (one skip granted), passed
   * over, looked at at 5 (two granted), passed over. Zeroed, it is looked at from 0 to 4. Unreset,
   * it is 7 at once, is granted four skips and uses them.
   */
  @ParameterizedTest(name = "{0}: {1} passed over")
  @CsvSource({"none, 2", "separate, 2", "overlay, 0", "overlay-unreset, 4"})
  void a_page_written_after_its_merge_is_passed_over_as_its_item_is_old(String layout, int skipped)
      throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18", "strategy.rmap-item-layout=" + layout)) {
      UserProcess process = m.machine.newProcess();
      process.mmap(HIGH, 3 * PAGE, TestMachine.RW, true);
      process.madvise(HIGH, 3 * PAGE, Advice.MERGEABLE);
      for (int i = 0; i < 3; i++) {
        process.writePage(HIGH + i * PAGE, TestMachine.content(1));
      }
      m.passes(2);
      assertThat(m.ksm("pages_sharing")).isEqualTo(2);
      process.writePage(HIGH, TestMachine.content(2));
      m.passes(5);
      assertThat(m.ksm("pages_skipped")).isEqualTo(skipped);
      assertThat(m.ksm("pages_sharing")).isEqualTo(1);
    }
  }

  /** An item that keeps its checksum merges its page again in the pass that meets it. */
  @ParameterizedTest(name = "{0}: merged again after {1} passes")
  @CsvSource({"none, 1", "separate, 1", "overlay, 2", "overlay-unreset, 2"})
  void unmerged_and_mergeable_again(String layout, int passes) throws Exception {
    try (TestMachine m = TestMachine.boot("linux-6.18", "strategy.rmap-item-layout=" + layout)) {
      UserProcess process = m.mergeable(4);
      for (int i = 0; i < 4; i++) {
        TestMachine.write(process, i, 1);
      }
      m.passes(2);
      assertThat(m.ksm("pages_sharing")).isEqualTo(3);
      process.madvise(TestMachine.BASE, 4 * PAGE, Advice.UNMERGEABLE);
      process.madvise(TestMachine.BASE, 4 * PAGE, Advice.MERGEABLE);
      m.passes(passes - 1);
      assertThat(TestMachine.pfn(process, 3)).isNotEqualTo(TestMachine.pfn(process, 0));
      m.passes(1);
      assertThat(TestMachine.pfn(process, 3)).isEqualTo(TestMachine.pfn(process, 0));
    }
  }
}
