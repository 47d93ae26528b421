// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.race;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each race that is planted is found by some schedule, and by that one again; without the plant the
 * schedule finds nothing.
 *
 * <p>The search begins at a schedule that is known to be near: {@code -Dsamepage.plant.from=1} has
 * it begin at the first.
 */
final class PlantedRacesTest {
  private static final int OPERATIONS = 40;
  private static final int SCHEDULES = 1000;

  @ParameterizedTest(name = "{0}")
  @EnumSource
  void a_planted_race_is_found_and_found_again_with_its_seed(PlantedRace race) throws Exception {
    PlantingLoader loader = new PlantingLoader(race.plants);
    Method run =
        loader
            .loadClass(RaceRun.class.getName())
            .getMethod("seeded", long.class, int.class, String.class);
    long seed = Long.getLong("samepage.plant.from", race.from) - 1;
    long last = seed + SCHEDULES;
    Throwable found = null;
    while (found == null && seed < last) {
      found = failure(run, race, ++seed);
    }
    assertThat(loader.planted()).as("what was planted").containsAll(race.plants);
    assertThat(found).as("%s within %d schedules", race, SCHEDULES).isNotNull();
    assertThat(failure(run, race, seed))
        .as("with seed %d again", seed)
        .isNotNull()
        .hasMessage(Objects.requireNonNull(found).getMessage());
    var _ = RaceRun.seeded(seed, OPERATIONS, race.focus.name());
  }

  private static @Nullable Throwable failure(Method run, PlantedRace race, long seed)
      throws IllegalAccessException {
    try {
      var _ = run.invoke(null, seed, OPERATIONS, race.focus.name());
      return null;
    } catch (InvocationTargetException e) {
      return e.getCause();
    }
  }
}
