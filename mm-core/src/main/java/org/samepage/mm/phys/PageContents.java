// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.phys;

import static org.samepage.mm.units.PageUnits.PAGE_BYTES;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

  private static final int SMALL_SHIFT = 6;
  private static final int BLOCK_SHIFT = 9;

  /** Slots below are in small chunks, so that a small machine is small; others in blocks. */
  private static final int BLOCK_SLOTS = 1 << BLOCK_SHIFT;

  /** What to add to the number of a block in order to have that of its chunk. */
  private static final int SMALL_CHUNKS_LESS_ONE = (1 << (BLOCK_SHIFT - SMALL_SHIFT)) - 1;

  /** What a slot holds. */
  public enum Form {
    /** The bytes of the page. */
    BYTES(PageUnits.PAGE_SHIFT),

    /**
     * 16 bytes that stand for the page: equal where pages are, zeros for a page of zeros. Only
     * these are compared, written and read; a page has no others.
     */
    DIGESTS(4);

    private final int shift;

    Form(int shift) {
      this.shift = shift;
    }
  }

  private final Arena arena = Arena.ofShared();
  private final HugeBlocks blocks = new HugeBlocks(arena);
  private final int slotShift;
  private final int slotBytes;
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
    this.slotShift = form.shift;
    this.slotBytes = 1 << form.shift;
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
      now[chunk] = newChunk(1L << (slot < BLOCK_SLOTS ? SMALL_SHIFT : BLOCK_SHIFT));
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

  private static int chunkIndex(int slot) {
    return slot < BLOCK_SLOTS
        ? slot >>> SMALL_SHIFT
        : (slot >>> BLOCK_SHIFT) + SMALL_CHUNKS_LESS_ONE;
  }

  private MemorySegment chunk(int slot) {
    return chunks[chunkIndex(slot)];
  }

  private long offset(int slot) {
    int mask = (1 << (slot < BLOCK_SLOTS ? SMALL_SHIFT : BLOCK_SHIFT)) - 1;
    return (long) (slot & mask) << slotShift;
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
    long offsetA = offset(a);
    long offsetB = offset(b);
    long at =
        MemorySegment.mismatch(
            chunk(a), offsetA, offsetA + slotBytes, chunk(b), offsetB, offsetB + slotBytes);
    return at < 0 ? PAGE_BYTES : (int) at;
  }

  /** Gives the memory back; nothing may touch the contents any more. */
  @Override
  public void close() {
    arena.close();
  }
}
