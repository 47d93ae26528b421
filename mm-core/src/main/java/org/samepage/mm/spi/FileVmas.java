// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.spi;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/**
 * The VMAs that map one file, by the page offsets they cover: its i_mmap, as a page walk asks it.
 *
 * <p>VMAs come in rising order of their first offset. Offsets are unsigned [pages].
 */
public interface FileVmas {
  /** Fails where nobody holds i_mmap_rwsem. */
  void assertIMmapLocked();

  /**
   * The first VMA that covers an offset of {@code [start, last]}.
   *
   * @param last included
   */
  @PortedFrom(
      value = "mm/interval_tree.c:vma_interval_tree_iter_first",
      fidelity = Fidelity.ADAPTED,
      differs = "of the file, not of a root")
  @Nullable VmArea vmaIntervalTreeIterFirst(long start, long last);

  /** The one after this VMA. */
  @PortedFrom("mm/interval_tree.c:vma_interval_tree_iter_next")
  @Nullable VmArea vmaIntervalTreeIterNext(VmArea from, long start, long last);
}
