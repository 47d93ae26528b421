// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.hash;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import net.jpountz.xxhash.XXHash64;
import net.jpountz.xxhash.XXHashFactory;
import org.junit.jupiter.api.Test;

/** The hash library against another one, and against the published value for no bytes. */
final class Xxh64Test {
  @Test
  void agrees_with_a_second_library_on_pages() {
    XXHash64 other = XXHashFactory.safeInstance().hash64();
    Xxh64 hash = new Xxh64();
    SplittableRandom random = new SplittableRandom(1);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment page = arena.allocate(4096, 4096);
      byte[] bytes = new byte[4096];
      for (int i = 0; i < 200; i++) {
        random.nextBytes(bytes);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, page, 0, 4096);
        assertThat(hash.xxh64(page.address(), 4096)).isEqualTo(other.hash(bytes, 0, 4096, 0));
      }
    }
  }

  @Test
  void the_hash_of_nothing_is_the_published_one() {
    try (Arena arena = Arena.ofConfined()) {
      assertThat(new Xxh64().xxh64(arena.allocate(8).address(), 0)).isEqualTo(0xef46db3751d8e999L);
    }
  }
}
