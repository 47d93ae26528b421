// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.digest;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import org.samepage.mm.units.PageUnits;

/**
 * The keyed hash of a page: 128 bits that say nothing without the key, but which pages are equal.
 *
 * <p>A page goes through NH, the universal hash of UMAC (Black, Halevi, Krawczyk, Krovetz, Rogaway:
 * UMAC, CRYPTO '99; RFC 4418), with words of 32 bits, the whole page as one block, and four keys,
 * each the other shifted by a pair (Toeplitz): two different pages come out alike with a chance of
 * at most 2<sup>-128</sup>, whoever chose them without the key. The 256 bits of that, which alone
 * would give the key away, go through AES as a CBC-MAC of two blocks. A page has one length, so
 * neither step needs more. Universal hash, then pseudorandom function, is a pseudorandom function
 * of the page.
 *
 * <p>Used by one thread.
 */
public final class PageDigest {
  /** Bytes of a digest. */
  public static final int BYTES = 16;

  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int WORDS = PageUnits.PAGE_BYTES / Long.BYTES;
  private static final int SUMS = 4;

  /** Words of a block of AES. */
  private static final int BLOCK = BYTES / Long.BYTES;

  private static final int BATCH = 64;
  private static final long HALF = 0xffff_ffffL;

  private final long[] lowKey = new long[WORDS + SUMS - 1];
  private final long[] highKey = new long[WORDS + SUMS - 1];
  private final Cipher aes;
  private final long[] words = new long[WORDS];
  private final byte[] blocks = new byte[BATCH * BYTES];
  private final byte[] sealed = new byte[BATCH * BYTES];
  private final LongBuffer blockWords = words(blocks);
  private final LongBuffer sealedWords = words(sealed);
  private final long[] halves = new long[BATCH * BLOCK];
  private final long[] sums = new long[BATCH * SUMS];

  /** Digests under a key. */
  public PageDigest(CaptureKey key) {
    long[] universal = key.universal();
    for (int i = 0; i < universal.length; i++) {
      lowKey[i] = universal[i] & HALF;
      highKey[i] = universal[i] >>> Integer.SIZE;
    }
    this.aes = key.pageCipher();
  }

  /**
   * Digests pages that lie one behind the other.
   *
   * @param pages where they are
   * @param from the first page's offset [bytes]
   * @param count how many
   * @param digests filled from {@code at} on, two words for each page; a page full of zeros has two
   *     words of zero
   */
  public void digest(MemorySegment pages, long from, int count, long[] digests, int at) {
    for (int done = 0; done < count; done += BATCH) {
      int batch = Math.min(BATCH, count - done);
      for (int i = 0; i < batch; i++) {
        long page = from + PageUnits.pagesToBytes(done + i);
        if (load(pages, page)) {
          nh(i * SUMS);
        } else {
          Arrays.fill(sums, i * SUMS, (i + 1) * SUMS, 0);
        }
      }
      seal(batch, digests, at + done * 2);
    }
  }

  /** Copies the next page's words here; returns whether one of them is not zero. */
  private boolean load(MemorySegment pages, long page) {
    MemorySegment.copy(pages, WORD, page, words, 0, WORDS);
    long any = 0;
    for (int i = 0; i < WORDS; i++) {
      any |= words[i];
    }
    return any != 0;
  }

  /** The four sums of the page; a loop for each, as only that one is made parallel. */
  private void nh(int at) {
    for (int shift = 0; shift < SUMS; shift++) {
      sums[at + shift] = nh(words, lowKey, highKey, shift);
    }
  }

  /** The products of the halves of each word, after a key is added to each half. */
  private static long nh(long[] words, long[] lowKey, long[] highKey, int shift) {
    long sum = 0;
    for (int i = 0; i < WORDS; i++) {
      long low = words[i] + lowKey[i + shift] & HALF;
      long high = (words[i] >>> Integer.SIZE) + highKey[i + shift] & HALF;
      sum += low * high;
    }
    return sum;
  }

  private static LongBuffer words(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
  }

  /** AES over the first halves, then over those and the second ones. */
  private void seal(int batch, long[] digests, int at) {
    for (int i = 0; i < batch; i++) {
      halves[i * BLOCK] = sums[i * SUMS];
      halves[i * BLOCK + 1] = sums[i * SUMS + 1];
    }
    encryptHalves(batch);
    for (int i = 0; i < batch; i++) {
      halves[i * BLOCK] ^= sums[i * SUMS + 2];
      halves[i * BLOCK + 1] ^= sums[i * SUMS + 3];
    }
    encryptHalves(batch);
    for (int i = 0; i < batch; i++) {
      boolean zeros =
          (sums[i * SUMS] | sums[i * SUMS + 1] | sums[i * SUMS + 2] | sums[i * SUMS + 3]) == 0;
      digests[at + i * BLOCK] = zeros ? 0 : halves[i * BLOCK];
      digests[at + i * BLOCK + 1] = zeros ? 0 : halves[i * BLOCK + 1];
    }
  }

  private void encryptHalves(int batch) {
    blockWords.put(0, halves, 0, batch * BLOCK);
    try {
      var _ = aes.update(blocks, 0, batch * BYTES, sealed, 0);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    sealedWords.get(0, halves, 0, batch * BLOCK);
  }
}
