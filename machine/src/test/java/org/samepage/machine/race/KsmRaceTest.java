// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.race;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * KSM under all that can happen beside it.
 *
 * <p>{@code -Dsamepage.schedules=10000} runs so many schedules, {@code -Dsamepage.schedule=SEED}
 * one again.
 */
final class KsmRaceTest {
  private static final int OPERATIONS = 8;

  /** Of each fourth schedule: what takes several steps to come about needs as many. */
  private static final int MANY_OPERATIONS = 40;

  @Test
  void under_each_schedule_every_thread_reads_what_it_wrote() {
    Long one = Long.getLong("samepage.schedule");
    long first = one == null ? 1 : one;
    long last = one == null ? Long.getLong("samepage.schedules", 300) : one;
    for (long seed = first; seed <= last; seed++) {
      try {
        var _ = seeded(seed);
      } catch (Exception | AssertionError e) {
        throw new AssertionError("again with -Dsamepage.schedule=" + seed + ": " + e, e);
      }
    }
  }

  private static long seeded(long seed) throws Exception {
    int operations = seed % 4 == 0 ? MANY_OPERATIONS : OPERATIONS;
    return RaceRun.seeded(seed, operations, RacePlan.Focus.ALL.name());
  }

  @Test
  void a_schedule_comes_again_with_its_seed() throws Exception {
    for (long seed = 1; seed <= 5; seed++) {
      assertThat(seeded(seed)).isEqualTo(seeded(seed));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void threads_of_the_operating_system_read_what_they_wrote_too(long seed) throws Exception {
    RaceRun.free(seed, 300);
  }
}
