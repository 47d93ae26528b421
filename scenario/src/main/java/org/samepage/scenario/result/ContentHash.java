// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.result;

import static org.samepage.mm.units.PageUnits.PAGE_BYTES;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import net.openhft.hashing.Access;
import net.openhft.hashing.LongHashFunction;
import org.samepage.scenario.backend.PresentPages;

/**
 * XXH64 (seed 0) over a process's present pages: for each, its address as 8 little-endian bytes and
 * then its 4096 bytes. Nothing is put together in memory: the hash reads through this view.
 */
public final class ContentHash {
  private static final int RECORD = Long.BYTES + PAGE_BYTES;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final PresentPages pages;
  private final byte[] page = new byte[PAGE_BYTES];
  private int loaded = -1;

  private ContentHash(PresentPages pages) {
    this.pages = pages;
  }

  /** The hash as 16 hex digits. */
  public static String of(PresentPages pages) {
    long hash =
        LongHashFunction.xx()
            .hash(new ContentHash(pages), View.INSTANCE, 0, (long) pages.count() * RECORD);
    return "%016x".formatted(hash);
  }

  /** The 8 bytes at an offset of the whole; offsets are multiples of 8, as all lengths here are. */
  private long word(long offset) {
    int index = (int) (offset / RECORD);
    int within = (int) (offset % RECORD);
    if (within == 0) {
      return pages.address(index);
    }
    if (index != loaded) {
      pages.read(index, page);
      loaded = index;
    }
    return (long) LONG.get(page, within - Long.BYTES);
  }

  /** How the library reads: whole words, of which it asks for parts at the end alone. */
  private static final class View extends Access<ContentHash> {
    static final View INSTANCE = new View();

    @Override
    public long getLong(ContentHash input, long offset) {
      return input.word(offset);
    }

    @Override
    public long getUnsignedInt(ContentHash input, long offset) {
      throw new IllegalStateException("all lengths are multiples of 8");
    }

    @Override
    public int getInt(ContentHash input, long offset) {
      return (int) getUnsignedInt(input, offset);
    }

    @Override
    public int getUnsignedShort(ContentHash input, long offset) {
      return (int) getUnsignedInt(input, offset);
    }

    @Override
    public int getShort(ContentHash input, long offset) {
      return (int) getUnsignedInt(input, offset);
    }

    @Override
    public int getUnsignedByte(ContentHash input, long offset) {
      return (int) getUnsignedInt(input, offset);
    }

    @Override
    public int getByte(ContentHash input, long offset) {
      return (int) getUnsignedInt(input, offset);
    }

    @Override
    public ByteOrder byteOrder(ContentHash input) {
      return ByteOrder.LITTLE_ENDIAN;
    }

    @Override
    protected Access<ContentHash> reverseAccess() {
      throw new IllegalStateException("nobody reads this big-endian");
    }
  }
}
