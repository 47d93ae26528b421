// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ChanceTest {
  @Test
  void is_splitmix64() {
    // the first outputs for this seed that are published with the algorithm, modulo 2^31 - 1
    Chance chance = new Chance(1234567);
    List<Long> seen = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      seen.add((long) chance.below(Integer.MAX_VALUE));
    }
    List<Long> published = new ArrayList<>();
    for (String value :
        List.of(
            "6457827717110365317",
            "3203168211198807973",
            "9817491932198370423",
            "4593380528125082431",
            "16408922859458223821")) {
      published.add(
          Long.remainderUnsigned(Long.parseUnsignedLong(value), (long) Integer.MAX_VALUE));
    }
    assertThat(seen).isEqualTo(published);
  }

  @Test
  void neighbours_differ() {
    assertThat(Chance.mix(1, 0))
        .isEqualTo(Chance.mix(1, 0))
        .isNotEqualTo(Chance.mix(1, 1))
        .isNotEqualTo(Chance.mix(0, 1));
  }

  @Test
  void between_has_both_ends() {
    Chance chance = new Chance(5);
    List<Integer> seen = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      seen.add(chance.between(3, 5));
    }
    assertThat(seen).contains(3, 4, 5).allMatch(n -> n >= 3 && n <= 5);
  }
}
