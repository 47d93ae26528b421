// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.errno.Errno;

/** /sys/kernel/mm/ksm: defaults, bounds and errors. */
final class KsmSysfsTest {
  private final TestMachine m = TestMachine.boot("linux-6.18");

  @AfterEach
  void close() {
    m.close();
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "run, 0",
    "pages_to_scan, 100",
    "sleep_millisecs, 20",
    "max_page_sharing, 256",
    "merge_across_nodes, 1",
    "use_zero_pages, 0",
    "smart_scan, 1",
    "stable_node_chains_prune_millisecs, 2000",
    "advisor_max_cpu, 70",
    "advisor_min_pages_to_scan, 500",
    "advisor_max_pages_to_scan, 30000",
    "advisor_target_scan_time, 200",
    "full_scans, 0",
    "general_profit, 0"
  })
  void defaults_are_the_kernels(String name, long value) {
    assertThat(m.ksm(name)).isEqualTo(value);
    assertThat(m.machine.ksm().sysfs().show(name)).isEqualTo(value + "\n");
  }

  @ParameterizedTest(name = "{0} = {1} gives {2}, then it is {3}")
  @CsvSource({
    "run, 1, 0, 1",
    "run, 3, EINVAL, 0",
    "run, -1, EINVAL, 0",
    "pages_to_scan, 4294967295, 0, 4294967295",
    "pages_to_scan, 4294967296, EINVAL, 100",
    "sleep_millisecs, x, EINVAL, 20",
    "max_page_sharing, 1, EINVAL, 256",
    "max_page_sharing, -5, EINVAL, 256",
    "max_page_sharing, 99999999999, ERANGE, 256",
    "max_page_sharing, 2, 0, 2",
    "merge_across_nodes, 0, 0, 0",
    "merge_across_nodes, 2, EINVAL, 1",
    "merge_across_nodes, 99999999999999999999999, ERANGE, 1",
    "use_zero_pages, y, 0, 1",
    "use_zero_pages, 2, EINVAL, 0",
    "smart_scan, off, 0, 0",
    "advisor_target_scan_time, 0, EINVAL, 200",
    "advisor_max_cpu, 4294967301, 0, 5",
    "pages_shared, 5, EACCES, 0"
  })
  void writes_are_bounded_as_in_the_kernel(String name, String text, String error, long after) {
    int err = m.store(name, text);
    assertThat(err == 0 ? "0" : Errno.name(err)).isEqualTo(error);
    assertThat(m.ksm(name)).isEqualTo(after);
  }

  @Test
  void every_file_that_a_recorded_result_has_is_there() {
    assertThat(m.machine.ksm().sysfs().numericNames()).hasSize(23);
    assertThatThrownBy(() -> m.ksm("pages_sharin")).hasMessageContaining("pages_sharing");
  }

  @Test
  void knobs_that_change_the_trees_wait_until_nothing_is_shared() throws Exception {
    UserProcess a = m.mergeable(2);
    TestMachine.write(a, 0, 1);
    TestMachine.write(a, 1, 1);
    m.passes(2);
    assertThat(m.store("max_page_sharing", "256")).as("no change").isZero();
    assertThat(m.store("max_page_sharing", "10")).isEqualTo(-Errno.EBUSY);
    assertThat(m.store("merge_across_nodes", "0")).isEqualTo(-Errno.EBUSY);
    assertThat(m.store("run", "2")).isZero();
    assertThat(m.store("max_page_sharing", "10")).isZero();
    assertThat(m.store("merge_across_nodes", "0")).isZero();
    m.passes(2);
    assertThat(m.ksm("pages_shared")).isEqualTo(1);
  }
}
