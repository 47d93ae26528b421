// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

import java.io.IOException;

/**
 * Takes a capture, in this order: header, then for each snapshot {@link #snapshot}, its processes,
 * for each its mappings, for each its pages in rising order (what is not said is absent), and
 * {@link #processEnd}.
 */
public interface CaptureVisitor {
  void header(CaptureHeader header) throws IOException;

  /**
   * A snapshot begins.
   *
   * @param index from 0 on
   * @param nanos when, from the first one on
   */
  void snapshot(int index, long nanos) throws IOException;

  void process(CapturedProcess process) throws IOException;

  void vma(CapturedVma vma) throws IOException;

  /** Pages; the block is valid during this call alone. */
  void pages(PageBlock block) throws IOException;

  void processEnd(Losses losses) throws IOException;
}
