// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.selftests.run.Selftest.testCase;

import java.util.List;
import org.samepage.selftests.run.Selftest;
import org.samepage.selftests.run.Suite;

/**
 * Cases that upstream has none of: entries that are neither empty nor present in the way of a scan
 * and of unmerging. What must hold was seen on a real 6.18.
 */
public final class OwnSuite implements Suite {
  @Override
  public String id() {
    return "OW";
  }

  @Override
  public String program() {
    return "samepage";
  }

  @Override
  public List<Selftest> cases() {
    return List.of(
        testCase("OW-01", "ksm passes over guard markers", OwnCases::guardMarkers),
        testCase("OW-02", "ksm passes over guard markers in an empty table", OwnCases::guardsAlone),
        testCase("OW-03", "ksm passes over uffd-wp markers", OwnCases::uffdMarkers),
        testCase("OW-04", "ksm merges pages that userfaultfd protects", OwnCases::uffdProtected),
        testCase("OW-05", "ksm passes over swap entries", OwnCases::swapEntries).withSwap(),
        testCase("OW-06", "merged pages are swapped out", t -> OwnCases.mergedSwap(t, false))
            .withSwap(),
        testCase(
                "OW-07",
                "merged pages that were moved are swapped out",
                t -> OwnCases.mergedSwap(t, true))
            .withSwap(),
        testCase("OW-08", "merged pages are moved to another node", OwnCases::migrated).onNodes(2),
        testCase(
            "OW-09", "a write to a shared page is seen by its writer alone", OwnCases::written));
  }
}
