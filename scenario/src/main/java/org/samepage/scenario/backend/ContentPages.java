// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.backend;

import static org.samepage.mm.units.PageUnits.PAGE_BYTES;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.samepage.mm.units.SplitMix64;
import org.samepage.scenario.lang.Content;

/** Makes the pages that a content describes. */
public final class ContentPages {
  private static final int WORDS = PAGE_BYTES / Long.BYTES;
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private ContentPages() {}

  /**
   * Fills a buffer with page {@code index} of a content.
   *
   * @param index from 0
   */
  public static void fill(Content content, long index, byte[] page) {
    switch (content) {
      case Content.Bytes bytes -> Arrays.fill(page, (byte) bytes.value());
      case Content.Id id -> pattern(id.pattern(), page);
      case Content.Sequence sequence -> pattern(sequence.first() + index, page);
      case Content.Cycle cycle -> pattern(index % cycle.period(), page);
    }
  }

  /** Pattern n: 512 words of splitmix64's output function at n·512 and on, little-endian. */
  public static void pattern(long n, byte[] page) {
    for (int j = 0; j < WORDS; j++) {
      WORD.set(page, j * Long.BYTES, SplitMix64.at(n * WORDS + j));
    }
  }
}
