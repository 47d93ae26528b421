// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import java.util.List;

/** The labs, by number. */
public final class Labs {
  private Labs() {}

  /** In the order in which a course takes them. */
  public static List<Lab> all() {
    return List.of(
        new EntryLab(),
        new SurveyLab(),
        new StallLab(),
        new TripLab(),
        new MergeLab(),
        new RmapLab());
  }

  /** Whether there is one of this number. */
  public static boolean has(int number) {
    return number >= 1 && number <= all().size();
  }

  /** The lab of a number that there is. */
  public static Lab of(int number) {
    return all().get(number - 1);
  }
}
