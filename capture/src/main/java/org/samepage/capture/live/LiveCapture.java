// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.live;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.samepage.capture.digest.CaptureKey;
import org.samepage.capture.format.CaptureVisitor;
import org.samepage.capture.format.CapturedProcess;
import org.samepage.capture.format.Losses;
import org.samepage.mm.units.PageUnits;

/**
 * Reads processes through /proc. What may not be read, or goes away meanwhile, is told as {@link
 * Losses}; no process is stopped.
 */
public final class LiveCapture implements AutoCloseable {
  /** Words of pagemap that are read at a time: 64 MiB of addresses. */
  private static final int WORDS = 1 << 14;

  /** Larger mappings are not looked through behind the last page that smaps counts. */
  private static final long HUGE_VMA = 1L << 30;

  private final CaptureVisitor out;
  private final @Nullable FrameFlags flags;
  private final ChunkPipe pipe;
  private final LongConsumer pagesDone;
  private final ByteBuffer words =
      ByteBuffer.allocateDirect(WORDS * Long.BYTES).order(ByteOrder.nativeOrder());
  private final LongBuffer wordsAsLongs = words.asLongBuffer();

  /**
   * A capture of this machine's processes.
   *
   * @param out what is told; its header comes from elsewhere
   * @param salt another one for each capture
   * @param pagesDone is told the pages of each piece that was looked through
   */
  public LiveCapture(CaptureVisitor out, CaptureKey key, byte[] salt, LongConsumer pagesDone) {
    this.out = out;
    this.flags = FrameFlags.open();
    this.pipe = new ChunkPipe(key, salt, flags, out);
    this.pagesDone = pagesDone;
  }

  /** Whether the kernel tells us frame numbers. */
  public boolean seesFrames() {
    return flags != null;
  }

  /** Pages that a process has in memory, about. */
  public static long residentPages(int pid) {
    long pages = 0;
    try {
      for (LiveVma vma : new ProcessFiles(pid).vmas()) {
        pages += PageUnits.bytesToPages(1024 * vma.residentKib());
      }
    } catch (IOException e) {
      return pages; // it is not there any more
    }
    return pages;
  }

  /**
   * Captures one process.
   *
   * @return what could not be had; null where there is no such process
   */
  public @Nullable Losses process(int pid) throws IOException {
    ProcessFiles files = new ProcessFiles(pid);
    String identity = files.identity();
    CapturedProcess process = files.describe();
    if (identity == null || process == null) {
      return null;
    }
    out.process(process);
    pipe.newProcess();
    String before = files.maps();
    Losses.State state;
    try {
      state = memory(files);
    } catch (ProcessGone e) {
      state = Losses.State.ENDED;
    }
    pipe.drain();
    if (state == Losses.State.WHOLE) {
      if (!identity.equals(files.identity())) {
        state = Losses.State.ENDED;
      } else if (!before.equals(files.maps())) {
        state = Losses.State.CHANGED;
      }
    }
    Losses losses = new Losses(pipe.unreadable, pipe.swapped, pipe.unshared, state);
    out.processEnd(losses);
    return losses;
  }

  /** A file of a process ended early. */
  private static final class ProcessGone extends Exception {
    private static final long serialVersionUID = 1L;
  }

  private Losses.State memory(ProcessFiles files) throws IOException, ProcessGone {
    List<LiveVma> vmas;
    try {
      vmas = files.vmas();
    } catch (IOException e) {
      return Losses.State.FORBIDDEN;
    }
    FileChannel mem = null;
    try (FileChannel pagemap = files.open("pagemap")) {
      mem = openMem(files);
      for (LiveVma vma : vmas) {
        out.vma(vma.vma());
        if (vma.vma().mayBeMerged() && vma.residentKib() + vma.swappedKib() > 0) {
          pages(vma, pagemap, mem);
        }
        pipe.drain(); // what comes next is told of another mapping
      }
    } catch (FileSystemException e) {
      return Losses.State.FORBIDDEN;
    } finally {
      pipe.drain();
      if (mem != null) {
        mem.close();
      }
    }
    return mem == null ? Losses.State.FORBIDDEN : Losses.State.WHOLE;
  }

  private static @Nullable FileChannel openMem(ProcessFiles files) {
    try {
      return files.open("mem");
    } catch (IOException e) {
      return null;
    }
  }

  private void pages(LiveVma vma, FileChannel pagemap, @Nullable FileChannel mem)
      throws IOException, ProcessGone {
    long left = PageUnits.bytesToPages(1024 * (vma.residentKib() + vma.swappedKib()));
    boolean stopEarly = vma.vma().end() - vma.vma().start() > HUGE_VMA;
    long at = vma.vma().start();
    while (at < vma.vma().end() && !(stopEarly && left <= 0)) {
      int count = (int) Math.min(WORDS, PageUnits.bytesToPages(vma.vma().end() - at));
      readWords(pagemap, at, count);
      left -= tellWords(vma, at, count, mem);
      at += PageUnits.pagesToBytes(count);
      pagesDone.accept(count);
    }
  }

  private void readWords(FileChannel pagemap, long address, int count)
      throws IOException, ProcessGone {
    words.clear().limit(count * Long.BYTES);
    long at = PageUnits.bytesToPages(address) * Long.BYTES;
    while (words.hasRemaining()) {
      int read = pagemap.read(words, at + words.position());
      if (read <= 0) {
        throw new ProcessGone();
      }
    }
  }

  /** Returns how many of these pages smaps counts, about. */
  private long tellWords(LiveVma vma, long address, int count, @Nullable FileChannel mem)
      throws IOException {
    long seen = 0;
    for (int i = 0; i < count; i += PageChunk.PAGES) {
      int pages = Math.min(PageChunk.PAGES, count - i);
      if (PageChunk.anyPage(wordsAsLongs, i, pages)) {
        for (int j = i; j < i + pages; j++) {
          long word = wordsAsLongs.get(j);
          seen += PagemapWord.isPresent(word) || PagemapWord.isSwapped(word) ? 1 : 0;
        }
        pipe.add(
            mem, address + PageUnits.pagesToBytes(i), pages, wordsAsLongs, i, vma.hugeKib() > 0);
      }
    }
    return seen;
  }

  @Override
  public void close() throws IOException {
    pipe.close();
    if (flags != null) {
      flags.close();
    }
  }
}
