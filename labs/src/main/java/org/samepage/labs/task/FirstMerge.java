// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.task;

/** Lab 5: merges equal pages of one process, and counts them as ksmd does. */
public interface FirstMerge {
  /**
   * The process writes a page. The first write makes it present.
   *
   * @param pattern stands for all its bytes, and for their checksum: equal patterns are equal bytes
   */
  void write(int page, long pattern);

  /** One full pass of ksmd over the pages that are present, from the lowest up. */
  void scan();

  /** Merged frames: pages_shared. */
  long pagesShared();

  /** Pages that share a merged frame beyond its first: pages_sharing. */
  long pagesSharing();

  /** Pages that wait in the unstable tree: pages_unshared. */
  long pagesUnshared();

  /** Pages that changed too fast to be put into a tree: pages_volatile. */
  long pagesVolatile();

  /** Distinct frames behind the pages that are present. */
  long frames();
}
