// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.live;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;
import org.samepage.capture.digest.CaptureKey;
import org.samepage.capture.digest.FrameAlias;
import org.samepage.capture.digest.PageDigest;
import org.samepage.capture.format.CaptureVisitor;
import org.samepage.capture.format.PageBlock;
import org.samepage.capture.format.PageKind;
import org.samepage.mm.units.PageUnits;

/**
 * Some pages of a mapping, one behind the other: filled with pagemap words, then {@link #look}ed at
 * by one thread, then {@link #tell}ed. Its buffers are used again and again.
 */
final class PageChunk {
  static final int PAGES = PageBlock.LARGEST;

  private final long[] words = new long[PAGES];
  private final PageKind[] kinds = new PageKind[PAGES];
  private final boolean[] huge = new boolean[PAGES];
  private final boolean[] shared = new boolean[PAGES];
  private final long[] frames = new long[PAGES];
  private final long[] digests = new long[2 * PAGES];
  private final MemorySegment bytes;
  private final ByteBuffer buffer;
  private final PageDigest digest;
  private final FrameAlias alias;
  private final @Nullable FrameFlags flags;

  private long address;
  private int count;
  private boolean mayBeHuge;

  /** Pages whose frame is another's too, and not known. */
  int unshared;

  /** Pages that could not be read. */
  int unreadable;

  /** Pages that were swapped out. */
  int swapped;

  PageChunk(Arena arena, CaptureKey key, byte[] salt, @Nullable FrameFlags flags) {
    this.bytes = arena.allocate(PageUnits.pagesToBytes(PAGES), PageUnits.PAGE_SIZE);
    this.buffer = bytes.asByteBuffer();
    this.digest = new PageDigest(key);
    this.alias = new FrameAlias(key, salt);
    this.flags = flags;
  }

  /** Takes over the words of some pages. */
  void fill(long from, int pages, LongBuffer source, int at, boolean vmaHasHugePages) {
    address = from;
    count = pages;
    mayBeHuge = vmaHasHugePages;
    source.get(at, words, 0, pages);
  }

  /** Reads and digests what is there. */
  PageChunk look(@Nullable FileChannel mem) {
    unshared = 0;
    unreadable = 0;
    swapped = 0;
    for (int i = 0; i < count; i++) {
      classify(i);
    }
    int from = 0;
    while (from < count) {
      if (kinds[from] != PageKind.CONTENT) {
        from++;
        continue;
      }
      int to = from + 1;
      while (to < count && kinds[to] == PageKind.CONTENT) {
        to++;
      }
      read(mem, from, to);
      digestRun(from, to);
      from = to;
    }
    return this;
  }

  private void classify(int i) {
    long word = words[i];
    huge[i] = false;
    shared[i] = false;
    if (!PagemapWord.isPresent(word)) {
      boolean isSwapped = PagemapWord.isSwapped(word);
      kinds[i] = isSwapped ? PageKind.SWAPPED : PageKind.ABSENT;
      swapped += isSwapped ? 1 : 0;
      return;
    }
    if (PagemapWord.isFile(word)) {
      kinds[i] = PageKind.FILE;
      return;
    }
    kinds[i] = PageKind.CONTENT;
    boolean exclusive = PagemapWord.isExclusive(word);
    if (flags == null) {
      shared[i] = !exclusive;
    } else if (mayBeHuge || !exclusive) {
      askFrame(i, PagemapWord.pfn(word), exclusive, flags);
    }
  }

  private void askFrame(int i, long pfn, boolean exclusive, FrameFlags known) {
    long seen = known.of(pfn);
    if (PagemapWord.isZeroPage(seen)) {
      kinds[i] = PageKind.ZERO_PAGE;
      return;
    }
    huge[i] = PagemapWord.isHuge(seen);
    // what ksmd has merged was one page for each mapping before
    if (!exclusive && !PagemapWord.isMerged(seen)) {
      shared[i] = true;
      frames[i] = alias.of(pfn);
    }
  }

  /** Reads a run; a page that cannot be read is left out, and reading goes on behind it. */
  private void read(@Nullable FileChannel mem, int from, int to) {
    int at = from;
    while (at < to) {
      int end = (int) PageUnits.pagesToBytes(to);
      buffer.limit(end).position((int) PageUnits.pagesToBytes(at));
      int done = mem == null ? 0 : readOnce(mem, address + PageUnits.pagesToBytes(at));
      at += (int) PageUnits.bytesToPages(done);
      if (done == 0) {
        kinds[at++] = PageKind.UNREADABLE;
        unreadable++;
      }
    }
  }

  private int readOnce(FileChannel mem, long where) {
    try {
      return Math.max(0, mem.read(buffer, where));
    } catch (IOException e) {
      return 0;
    }
  }

  private void digestRun(int from, int to) {
    digest.digest(bytes, PageUnits.pagesToBytes(from), to - from, digests, 2 * from);
    for (int i = from; i < to; i++) {
      if (kinds[i] == PageKind.CONTENT && (digests[2 * i] | digests[2 * i + 1]) == 0) {
        kinds[i] = PageKind.ZEROS;
      }
      if (flags == null && shared[i]) {
        hideFrame(i);
      }
    }
  }

  /**
   * Without frame numbers: who shares what is not known; zeros that are shared are the frame of
   * zeros.
   */
  private void hideFrame(int i) {
    shared[i] = false;
    if (kinds[i] == PageKind.ZEROS) {
      kinds[i] = PageKind.ZERO_PAGE;
    } else {
      unshared++;
    }
  }

  /** Tells what was found, in runs. */
  void tell(CaptureVisitor out, PageBlock block) throws IOException {
    int from = 0;
    while (from < count) {
      int to = from + 1;
      while (to < count
          && kinds[to] == kinds[from]
          && huge[to] == huge[from]
          && shared[to] == shared[from]) {
        to++;
      }
      block.address = address + PageUnits.pagesToBytes(from);
      block.count = (long) to - from;
      block.kind = kinds[from];
      block.huge = huge[from];
      block.shared = shared[from];
      System.arraycopy(frames, from, block.frames, 0, to - from);
      System.arraycopy(digests, 2 * from, block.digests, 0, 2 * (to - from));
      block.bytes = bytes;
      block.bytesAt = PageUnits.pagesToBytes(from);
      if (block.kind != PageKind.ABSENT) {
        out.pages(block);
      }
      from = to;
    }
  }

  /** Whether one of some words stands for a page that is there, or was. */
  static boolean anyPage(LongBuffer words, int at, int pages) {
    for (int i = at; i < at + pages; i++) {
      if (PagemapWord.isPresent(words.get(i)) || PagemapWord.isSwapped(words.get(i))) {
        return true;
      }
    }
    return false;
  }
}
