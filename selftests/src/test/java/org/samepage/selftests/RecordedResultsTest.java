// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Status;
import org.samepage.selftests.run.Suite;
import org.samepage.selftests.run.Suites;
import org.samepage.selftests.testing.Recorded;

/** The cases are upstream's: as many, under the same names, with the same known failures. */
final class RecordedResultsTest {
  @Test
  void every_case_bears_upstreams_name() {
    Map<String, Recorded.Result> recorded = Recorded.all();
    List<String> different = new ArrayList<>();
    for (Suite suite : Suites.all()) {
      for (Selftest test : suite.cases()) {
        Recorded.Result result = recorded.get(test.id());
        // ksm_tests names what it tests; the command line is ours
        if (result != null && !test.name().startsWith(result.name())) {
          different.add(test.id() + ": " + test.name() + " / " + result.name());
        }
      }
    }
    assertThat(different).isEmpty();
    assertThat(recorded).hasSize(10 + 16 + 5 + 25 + 26 + 5 + 90 + 16 + 7 + 9);
  }

  @Test
  void no_case_of_upstreams_is_left_out() {
    for (Suite suite : Suites.all()) {
      if (!suite.id().equals("KT") && !suite.id().equals("OW")) {
        assertThat(suite.cases())
            .as(suite.program())
            .hasSize((int) Recorded.count(suite.program()));
      }
    }
  }

  @Test
  void ids_are_unique_and_begin_with_their_suites() {
    Set<String> seen = new HashSet<>();
    for (Suite suite : Suites.all()) {
      for (Selftest test : suite.cases()) {
        assertThat(test.id()).startsWith(suite.id() + "-");
        assertThat(seen.add(test.id())).as(test.id()).isTrue();
      }
    }
  }

  @Test
  void what_6_18_fails_is_marked_and_nothing_else() {
    Map<String, Recorded.Result> recorded = Recorded.all();
    for (Suite suite : Suites.all()) {
      for (Selftest test : suite.cases()) {
        boolean marked = test.fault() != null && test.fault().isIn("6.18.44");
        Recorded.Result result = recorded.get(test.id());
        boolean mremapMustFail = suite.id().equals("MR");
        if (result != null && !mremapMustFail) {
          assertThat(marked).as(test.id()).isEqualTo(result.status() == Status.XFAIL);
        }
      }
    }
  }
}
