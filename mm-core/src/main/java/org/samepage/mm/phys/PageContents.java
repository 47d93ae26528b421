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

  private static final int CHUNK_SHIFT = 6;
  private static final int CHUNK_SLOTS = 1 << CHUNK_SHIFT;
  private static final int CHUNK_MASK = CHUNK_SLOTS - 1;

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
  private final int slotShift;
  private final int slotBytes;
  private volatile MemorySegment[] chunks = new MemorySegment[16];
  private int[] free = new int[64];
  private int freeCount;
  private int endSlot;

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
    int chunk = slot >>> CHUNK_SHIFT;
    if ((slot & CHUNK_MASK) == 0) {
      MemorySegment[] now = chunks;
      if (chunk == now.length) {
        now = Arrays.copyOf(now, chunk * 2);
      }
      now[chunk] = arena.allocate((long) CHUNK_SLOTS << slotShift, slotBytes);
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

  private long offset(int slot) {
    return (long) (slot & CHUNK_MASK) << slotShift;
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
