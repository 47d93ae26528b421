// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.phys;

import static org.samepage.mm.units.PageUnits.PAGE_BYTES;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.samepage.mm.units.PageUnits;

/**
 * The bytes of the frames, off the heap, in slots of one page.
 *
 * <p>A frame gets a slot of its own when it is first written. Until then it shares {@link
 * #ZERO_SLOT}, which nobody may write. Sharing is an economy of space alone: comparing and hashing
 * always read the bytes. Slots are allocated and freed under this object's monitor; bytes are read
 * and written without any lock, as memory is.
 */
public final class PageContents implements AutoCloseable {
  /** The slot of a page full of zeros. */
  static final int ZERO_SLOT = 0;

  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** What a slot holds. */
  public enum Form {
    /** The bytes of the page. */
    BYTES(PageUnits.PAGE_SHIFT, 6),

    /**
     * 16 bytes that stand for the page: equal where pages are, zeros for a page of zeros. Only
     * these are compared, written and read; a page has no others.
     */
    DIGESTS(4, 17);

    private final int slotShift;
    private final int smallShift;

    /** Binary logarithms of the bytes of a slot, and of the slots of a small chunk. */
    Form(int slotShift, int smallShift) {
      this.slotShift = slotShift;
      this.smallShift = smallShift;
    }
  }

  private final Arena arena = Arena.ofShared();
  private final HugeBlocks blocks = new HugeBlocks(arena);
  private final int slotShift;
  private final int slotBytes;

  /** Slots of the first block are in small chunks, so that a small machine is small. */
  private final int smallShift;

  /** Of the slots of a block, {@link HugeBlocks#BYTES} large. */
  private final int blockShift;

  private volatile MemorySegment[] chunks = new MemorySegment[16];
  private int[] free = new int[64];
  private int freeCount;
  private int endSlot;
  private long reservedBytes;

  /** Bytes of pages. */
  public PageContents() {
    this(Form.BYTES);
  }

  public PageContents(Form form) {
    this.slotShift = form.slotShift;
    this.slotBytes = 1 << form.slotShift;
    this.smallShift = form.smallShift;
    this.blockShift = Long.numberOfTrailingZeros(HugeBlocks.BYTES) - form.slotShift;
    int zero = allocate();
    assert zero == ZERO_SLOT;
  }

  /** A slot whose bytes are whatever its last user left. */
  synchronized int allocate() {
    if (freeCount > 0) {
      return free[--freeCount];
    }
    int slot = endSlot;
    if (offset(slot) == 0) {
      int chunk = chunkIndex(slot);
      MemorySegment[] now = chunks;
      if (chunk == now.length) {
        now = Arrays.copyOf(now, chunk * 2);
      }
      now[chunk] = newChunk(1L << chunkShift(slot));
      chunks = now;
    }
    endSlot++;
    return slot;
  }

  synchronized void release(int slot) {
    if (slot == ZERO_SLOT) {
      return;
    }
    if (freeCount == free.length) {
      free = Arrays.copyOf(free, freeCount * 2);
    }
    free[freeCount++] = slot;
  }

  /** Slots in use, the zero slot included. */
  public synchronized int slotsInUse() {
    return endSlot - freeCount;
  }

  /** Of slots that are in use, are free again or were never used [bytes]. */
  public synchronized long reservedBytes() {
    return reservedBytes;
  }

  private MemorySegment newChunk(long slots) {
    long bytes = slots << slotShift;
    reservedBytes += bytes;
    return bytes == HugeBlocks.BYTES ? blocks.next() : arena.allocate(bytes, slotBytes);
  }

  private int chunkShift(int slot) {
    return slot >>> blockShift == 0 ? smallShift : blockShift;
  }

  private int chunkIndex(int slot) {
    int block = slot >>> blockShift;
    return block == 0 ? slot >>> smallShift : block + (1 << (blockShift - smallShift)) - 1;
  }

  private MemorySegment chunk(int slot) {
    return chunks[chunkIndex(slot)];
  }

  private long offset(int slot) {
    return (slot & ((1L << chunkShift(slot)) - 1)) << slotShift;
  }

  byte get(int slot, int offset) {
    return chunk(slot).get(ValueLayout.JAVA_BYTE, offset(slot) + offset);
  }

  void set(int slot, int offset, byte value) {
    chunk(slot).set(ValueLayout.JAVA_BYTE, offset(slot) + offset, value);
  }

  void copy(int from, int to) {
    MemorySegment.copy(chunk(from), offset(from), chunk(to), offset(to), slotBytes);
  }

  void fill(int slot, byte value) {
    chunk(slot).asSlice(offset(slot), slotBytes).fill(value);
  }

  void write(int slot, byte[] page) {
    MemorySegment.copy(page, 0, chunk(slot), ValueLayout.JAVA_BYTE, offset(slot), slotBytes);
  }

  void read(int slot, byte[] page) {
    MemorySegment.copy(chunk(slot), ValueLayout.JAVA_BYTE, offset(slot), page, 0, slotBytes);
  }

  /** Where the bytes of a slot are, for code that reads raw memory; valid until {@link #close}. */
  long address(int slot) {
    return chunk(slot).address() + offset(slot);
  }

  /**
   * The first byte in which two slots differ.
   *
   * @return its offset, or {@link org.samepage.mm.units.PageUnits#PAGE_BYTES} where there is none
   */
  int mismatch(int a, int b) {
    MemorySegment chunkA = chunk(a);
    MemorySegment chunkB = chunk(b);
    long offsetA = offset(a);
    long offsetB = offset(b);
    if (slotBytes == 2 * Long.BYTES) {
      return mismatchOfTwo(chunkA, offsetA, chunkB, offsetB);
    }
    long at =
        MemorySegment.mismatch(
            chunkA, offsetA, offsetA + slotBytes, chunkB, offsetB, offsetB + slotBytes);
    return at < 0 ? PAGE_BYTES : (int) at;
  }

  /** The same for slots of two words, where what is general costs more than all else. */
  private static int mismatchOfTwo(MemorySegment a, long offsetA, MemorySegment b, long offsetB) {
    long first = a.get(WORD, offsetA) ^ b.get(WORD, offsetB);
    if (first != 0) {
      return Long.numberOfTrailingZeros(first) / Byte.SIZE;
    }
    long second = a.get(WORD, offsetA + Long.BYTES) ^ b.get(WORD, offsetB + Long.BYTES);
    return second == 0 ? PAGE_BYTES : Long.BYTES + Long.numberOfTrailingZeros(second) / Byte.SIZE;
  }

  /** Gives the memory back; nothing may touch the contents any more. */
  @Override
  public void close() {
    arena.close();
  }
}
