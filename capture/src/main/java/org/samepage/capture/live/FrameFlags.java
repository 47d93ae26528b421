// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.live;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.units.PageUnits;

/** What the kernel tells of frames, by number: /proc/kpageflags. Safe for many threads. */
final class FrameFlags implements AutoCloseable {
  private static final Path FILE = Path.of("/proc/kpageflags");
  private static final Path OWN_PAGEMAP = Path.of("/proc/self/pagemap");

  private final FileChannel channel;

  private FrameFlags(FileChannel channel) {
    this.channel = channel;
  }

  /** Opens the file; null where frame numbers are not told. */
  static @Nullable FrameFlags open() {
    try {
      return seesFrames() ? new FrameFlags(FileChannel.open(FILE, StandardOpenOption.READ)) : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** Whether a page of ours, which is there, has a frame number. */
  private static boolean seesFrames() throws IOException {
    try (FileChannel pagemap = FileChannel.open(OWN_PAGEMAP, StandardOpenOption.READ);
        Arena arena = Arena.ofConfined()) {
      MemorySegment page = arena.allocate(PageUnits.PAGE_SIZE, PageUnits.PAGE_SIZE);
      page.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
      return PagemapWord.pfn(word(pagemap, PageUnits.bytesToPages(page.address()))) != 0;
    }
  }

  private static long word(FileChannel channel, long index) throws IOException {
    ByteBuffer word = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
    int read = channel.read(word, index * Long.BYTES);
    return read < Long.BYTES ? 0 : word.getLong(0);
  }

  /** The flags of a frame; 0 where they cannot be read. */
  long of(long pfn) {
    try {
      return word(channel, pfn);
    } catch (IOException e) {
      return 0;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
