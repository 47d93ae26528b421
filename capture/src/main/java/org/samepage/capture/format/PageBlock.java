// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A run of pages of one kind, one behind the other. Belongs to whoever hands it out, who uses it
 * again.
 */
public final class PageBlock {
  /** Pages that a run with contents has at most. */
  public static final int LARGEST = 256;

  /** The first page's address. */
  public long address;

  /** How many pages. */
  public long count;

  public PageKind kind = PageKind.ABSENT;

  /** Whether they are parts of huge pages. */
  public boolean huge;

  /** Whether other mappings, of whichever process, may have the same frames. */
  public boolean shared;

  /** Of shared anonymous pages, a number for each frame. */
  public final long[] frames = new long[LARGEST];

  /** Of {@link PageKind#CONTENT}, two words for each page. */
  public final long[] digests = new long[2 * LARGEST];

  /** Of {@link PageKind#CONTENT} in a full capture, the pages. */
  public @Nullable MemorySegment bytes;

  /** Where in {@link #bytes} the first page is [bytes]. */
  public long bytesAt;
}
