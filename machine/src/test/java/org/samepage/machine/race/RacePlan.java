// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.race;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What takes part in one run, all of it drawn from the seed. Not everything takes part in each: a
 * run that mostly writes finds what one that does a little of all does not.
 *
 * @param seed of the run and of its schedule
 * @param profile of the machine
 * @param oneIn how often a thread falls behind: see {@code SeededSched}
 * @param settings of the machine
 * @param weights how often each operation of {@link RaceMutator} comes, by its number
 * @param contents how many different pages there are
 * @param pages of a thread's window
 * @param migrates how often pages move, for each operation of a thread
 * @param reclaims the same of swapping pages out
 * @param turnsKnobs whether sysfs is written to
 * @param mergesDropped whether pages that all threads of a process drop are mergeable
 * @param passesBefore passes of ksmd before anything happens beside it
 * @param huge whether the windows are in huge pages, which are split and collapsed
 * @param offlines whether frames are taken out of use
 */
record RacePlan(
    long seed,
    String profile,
    int oneIn,
    List<String> settings,
    List<Integer> weights,
    int contents,
    int pages,
    int migrates,
    int reclaims,
    boolean turnsKnobs,
    boolean mergesDropped,
    int passesBefore,
    boolean huge,
    boolean offlines) {
  private static final List<String> PROFILES =
      List.of("linux-6.18", "linux-6.17", "linux-6.19", "linux-7.3");
  private static final int[] RATES = {0, 4, 12, 40, 120};
  private static final int[] WEIGHTS = {0, 1, 3, 10};
  static final int MOST_CONTENTS = 60;
  private static final int[] CONTENTS = {2, 4, MOST_CONTENTS};
  private static final int[] PAGES = {3, 6, 12};

  /** Threads that change address spaces: as many with one of their own as in pairs. */
  static final int MUTATORS = 8;

  /** The plan of a seed. */
  static RacePlan of(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] weights = new int[RaceMutator.OPERATIONS];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = pick(WEIGHTS, random);
    }
    weights[RaceMutator.WRITE]++;
    return new RacePlan(
        seed,
        PROFILES.get(random.nextInt(PROFILES.size())),
        pick(RATES, random),
        List.of(
            "machine.nodes=2",
            "machine.swap=16384",
            "ksm.run=1",
            "ksm.smart_scan=" + random.nextInt(2),
            "ksm.sleep_millisecs=" + random.nextInt(2),
            "ksm.pages_to_scan=" + (1 + random.nextInt(60)),
            "ksm.max_page_sharing=" + (random.nextBoolean() ? 256 : 2 + random.nextInt(3)),
            "ksm.merge_across_nodes=" + random.nextInt(2),
            "ksm.use_zero_pages=" + random.nextInt(2)),
        Arrays.stream(weights).boxed().toList(),
        pick(CONTENTS, random),
        pick(PAGES, random),
        random.nextInt(3),
        random.nextBoolean() ? 0 : 1 + random.nextInt(2),
        random.nextBoolean(),
        random.nextInt(4) == 0,
        random.nextInt(4),
        seed % 10 == 7,
        seed % 5 == 2);
  }

  /** What a run is mostly about. */
  enum Focus {
    /** Anything. */
    ALL,
    /** Writes, while ksmd merges. */
    WRITES,
    /** Writes through /proc/PID/mem, which hold a page without its entry's lock. */
    WRITES_FROM_OUTSIDE,
    /** Pages that are like no other. */
    DISTINCT,
    /** Pages that move while ksmd looks for them. */
    MIGRATION,
    /** The same, of pages that are in the swap cache. */
    SWAP,
    /** Huge pages that are split, collapsed, moved and swapped out. */
    HUGE
  }

  /** The same with less else in it. */
  RacePlan on(Focus focus) {
    if (focus == Focus.ALL) {
      return this;
    }
    int[] few = new int[RaceMutator.OPERATIONS];
    few[RaceMutator.WRITE] = 2;
    few[RaceMutator.CHECK] = 2;
    few[RaceMutator.DONTNEED] = 1;
    if (focus == Focus.WRITES_FROM_OUTSIDE) {
      few[RaceMutator.WRITE_FROM_OUTSIDE] = 10;
    }
    boolean moves = focus == Focus.MIGRATION || focus == Focus.SWAP || focus == Focus.HUGE;
    return new RacePlan(
        seed,
        profile,
        oneIn,
        settings,
        Arrays.stream(few).boxed().toList(),
        focus == Focus.DISTINCT ? MOST_CONTENTS : 2,
        focus == Focus.DISTINCT ? 12 : 3,
        moves ? 4 : 0,
        focus == Focus.SWAP ? 2 : 0,
        false,
        false,
        moves ? 2 : 1,
        focus == Focus.HUGE,
        false);
  }

  private static int pick(int[] choices, SplittableRandom random) {
    return choices[random.nextInt(choices.length)];
  }
}
