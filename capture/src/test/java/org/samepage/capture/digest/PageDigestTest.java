// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.digest;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import javax.crypto.Cipher;
import org.junit.jupiter.api.Test;

/** The digest against its definition in numbers of any size, and what a hash must do. */
final class PageDigestTest {
  private static final int PAGE = 4096;

  private static CaptureKey key(long seed) {
    byte[] bytes = new byte[CaptureKey.BYTES];
    new Random(seed).nextBytes(bytes);
    return CaptureKey.of(bytes);
  }

  private static long[] digest(CaptureKey key, byte[] pages) {
    long[] digests = new long[pages.length / PAGE * 2];
    new PageDigest(key).digest(MemorySegment.ofArray(pages), 0, pages.length / PAGE, digests, 0);
    return digests;
  }

  private static byte[] randomPages(int count, long seed) {
    byte[] pages = new byte[count * PAGE];
    new Random(seed).nextBytes(pages);
    return pages;
  }

  /** NH of UMAC with a key shifted by a pair for each of four sums, then CBC-MAC by AES. */
  private static byte[] byDefinition(CaptureKey key, byte[] page) throws Exception {
    ByteBuffer words = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer sums = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    long[] universal = key.universal();
    BigInteger word = BigInteger.ONE.shiftLeft(32);
    for (int shift = 0; shift < 4; shift++) {
      BigInteger sum = BigInteger.ZERO;
      for (int pair = 0; pair < PAGE / 8; pair++) {
        BigInteger a = BigInteger.valueOf(Integer.toUnsignedLong(words.getInt(pair * 8)));
        BigInteger b = BigInteger.valueOf(Integer.toUnsignedLong(words.getInt(pair * 8 + 4)));
        long k = universal[pair + shift];
        BigInteger x = a.add(BigInteger.valueOf(k & 0xffff_ffffL)).mod(word);
        BigInteger y = b.add(BigInteger.valueOf(k >>> 32)).mod(word);
        sum = sum.add(x.multiply(y));
      }
      sums.putLong(sum.longValue());
    }
    Cipher aes = key.pageCipher();
    byte[] first = aes.doFinal(sums.array(), 0, 16);
    for (int i = 0; i < 16; i++) {
      first[i] ^= sums.array()[16 + i];
    }
    return aes.doFinal(first);
  }

  @Test
  void it_is_what_its_definition_says() throws Exception {
    byte[] pages = randomPages(70, 1); // more than a batch
    long[] digests = digest(key(1), pages);
    for (int i : new int[] {0, 1, 63, 64, 69}) {
      byte[] page = java.util.Arrays.copyOfRange(pages, i * PAGE, (i + 1) * PAGE);
      ByteBuffer expected =
          ByteBuffer.wrap(byDefinition(key(1), page)).order(ByteOrder.LITTLE_ENDIAN);
      assertThat(digests[2 * i]).as("page %d", i).isEqualTo(expected.getLong());
      assertThat(digests[2 * i + 1]).as("page %d", i).isEqualTo(expected.getLong());
    }
  }

  @Test
  void each_bit_of_a_page_counts() {
    byte[] page = randomPages(1, 2);
    Set<Long> seen = new HashSet<>();
    seen.add(digest(key(2), page)[0]);
    for (int bit = 0; bit < PAGE * 8; bit += 37) {
      byte[] changed = page.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(seen.add(digest(key(2), changed)[0])).as("bit %d", bit).isTrue();
    }
  }

  @Test
  void words_that_change_places_change_the_digest() {
    byte[] page = randomPages(1, 3);
    byte[] swapped = page.clone();
    System.arraycopy(page, 0, swapped, 8, 8);
    System.arraycopy(page, 8, swapped, 0, 8);
    assertThat(digest(key(3), swapped)).isNotEqualTo(digest(key(3), page));
  }

  @Test
  void another_key_gives_another_digest_and_zeros_are_zeros_under_each() {
    byte[] page = randomPages(1, 4);
    assertThat(digest(key(4), page))
        .isEqualTo(digest(key(4), page))
        .isNotEqualTo(digest(key(5), page));
    assertThat(digest(key(4), new byte[PAGE])).containsExactly(0, 0);
    assertThat(key(4).fingerprint())
        .isEqualTo(key(4).fingerprint())
        .isNotEqualTo(key(5).fingerprint());
  }

  @Test
  void frames_have_aliases_that_do_not_go_from_capture_to_capture() {
    FrameAlias one = new FrameAlias(key(6), new byte[] {1});
    assertThat(one.of(7)).isEqualTo(one.of(7)).isNotEqualTo(one.of(8)).isNotEqualTo(7);
    assertThat(new FrameAlias(key(6), new byte[] {2}).of(7)).isNotEqualTo(one.of(7));
  }
}
