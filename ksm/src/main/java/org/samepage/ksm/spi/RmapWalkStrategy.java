// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.spi;

import org.samepage.ksm.state.KsmRmapItem;

/**
 * Says which VMAs of an anon_vma rmap_walk_ksm asks about one item: an interval of page offsets.
 */
@ExtensionPoint("rmap-walk")
public interface RmapWalkStrategy {
  /** The first page offset of the query, unsigned. */
  long firstPgoff(KsmRmapItem item);

  /** The last page offset of the query, included, unsigned. */
  long lastPgoff(KsmRmapItem item);
}
