// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.phys;

import static org.samepage.mm.units.PageUnits.PAGE_BYTES;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

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

  private static final int CHUNK_SHIFT = 6;
  private static final int CHUNK_SLOTS = 1 << CHUNK_SHIFT;
  private static final int CHUNK_MASK = CHUNK_SLOTS - 1;

  private final Arena arena = Arena.ofShared();
  private volatile MemorySegment[] chunks = new MemorySegment[16];
  private int[] free = new int[64];
  private int freeCount;
  private int endSlot;

  public PageContents() {
    int zero = allocate();
    assert zero == ZERO_SLOT;
  }

  /** A slot whose bytes are whatever its last user left. */
  synchronized int allocate() {
    if (freeCount > 0) {
      return free[--freeCount];
    }
    int slot = endSlot;
    int chunk = slot >>> CHUNK_SHIFT;
    if ((slot & CHUNK_MASK) == 0) {
      MemorySegment[] now = chunks;
      if (chunk == now.length) {
        now = Arrays.copyOf(now, chunk * 2);
      }
      now[chunk] = arena.allocate(CHUNK_SLOTS * PAGE_SIZE, PAGE_SIZE);
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

  private MemorySegment chunk(int slot) {
    return chunks[slot >>> CHUNK_SHIFT];
  }

  private static long offset(int slot) {
    return (slot & CHUNK_MASK) * PAGE_SIZE;
  }

  byte get(int slot, int offset) {
    return chunk(slot).get(ValueLayout.JAVA_BYTE, offset(slot) + offset);
  }

  void set(int slot, int offset, byte value) {
    chunk(slot).set(ValueLayout.JAVA_BYTE, offset(slot) + offset, value);
  }

  void copy(int from, int to) {
    MemorySegment.copy(chunk(from), offset(from), chunk(to), offset(to), PAGE_SIZE);
  }

  void fill(int slot, byte value) {
    chunk(slot).asSlice(offset(slot), PAGE_SIZE).fill(value);
  }

  void write(int slot, byte[] page) {
    MemorySegment.copy(page, 0, chunk(slot), ValueLayout.JAVA_BYTE, offset(slot), PAGE_BYTES);
  }

  void read(int slot, byte[] page) {
    MemorySegment.copy(chunk(slot), ValueLayout.JAVA_BYTE, offset(slot), page, 0, PAGE_BYTES);
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
            chunk(a), offsetA, offsetA + PAGE_SIZE, chunk(b), offsetB, offsetB + PAGE_SIZE);
    return at < 0 ? PAGE_BYTES : (int) at;
  }

  /** Gives the memory back; nothing may touch the contents any more. */
  @Override
  public void close() {
    arena.close();
  }
}
