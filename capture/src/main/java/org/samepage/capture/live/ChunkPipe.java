// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.live;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.samepage.capture.digest.CaptureKey;
import org.samepage.capture.format.CaptureVisitor;
import org.samepage.capture.format.PageBlock;

/** Looks at chunks of pages on several threads, and tells them in the order in which they came. */
final class ChunkPipe implements AutoCloseable {
  private static final int MOST_THREADS = 4;
  private static final int CHUNKS_PER_THREAD = 3;

  private final Arena arena = Arena.ofShared();
  private final ExecutorService threads;
  private final CaptureVisitor out;
  private final Queue<PageChunk> idle = new ArrayDeque<>();
  private final Queue<Future<PageChunk>> busy = new ArrayDeque<>();
  private final PageBlock block = new PageBlock();

  long unreadable;
  long swapped;
  long unshared;

  ChunkPipe(CaptureKey key, byte[] salt, @Nullable FrameFlags flags, CaptureVisitor out) {
    this.out = out;
    int count = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MOST_THREADS);
    threads = Executors.newFixedThreadPool(count);
    for (int i = 0; i < count * CHUNKS_PER_THREAD; i++) {
      idle.add(new PageChunk(arena, key, salt, flags));
    }
  }

  /** Begins to count what cannot be had. */
  void newProcess() {
    unreadable = 0;
    swapped = 0;
    unshared = 0;
  }

  /**
   * Takes pages.
   *
   * @param mem the process's memory; null where it may not be read
   * @param words their pagemap words, from {@code at} on
   */
  void add(
      @Nullable FileChannel mem,
      long address,
      int pages,
      LongBuffer words,
      int at,
      boolean mayBeHuge)
      throws IOException {
    PageChunk chunk = idle.poll();
    if (chunk == null) {
      tellOne();
      chunk = idle.remove();
    }
    chunk.fill(address, pages, words, at, mayBeHuge);
    PageChunk taken = chunk;
    busy.add(threads.submit(() -> taken.look(mem)));
  }

  private void tellOne() throws IOException {
    try {
      PageChunk chunk = busy.remove().get();
      chunk.tell(out, block);
      unreadable += chunk.unreadable;
      swapped += chunk.swapped;
      unshared += chunk.unshared;
      idle.add(chunk);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Tells all that is under way. */
  void drain() throws IOException {
    while (!busy.isEmpty()) {
      tellOne();
    }
  }

  @Override
  public void close() {
    threads.close();
    arena.close();
  }
}
