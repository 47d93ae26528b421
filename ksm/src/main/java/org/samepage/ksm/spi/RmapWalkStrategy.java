// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.spi;

import org.samepage.ksm.state.KsmRmapItem;

/**
 * Says which VMAs of an anon_vma rmap_walk_ksm asks about one item: an interval of page offsets.
 *
 * <p>What is not in the interval is not visited. A strategy is right if the interval always holds
 * the page index of the item's address in the VMA that maps it. Called with the folio lock and the
 * anon_vma's, by any task; a strategy must not keep state.
 */
@ExtensionPoint("rmap-walk")
public interface RmapWalkStrategy {
  /** The first page offset of the query, unsigned. */
  long firstPgoff(KsmRmapItem item);

  /** The last page offset of the query, included, unsigned. */
  long lastPgoff(KsmRmapItem item);

  /**
   * Whether a walk that found fewer entries than map the folio is followed by one over all VMAs
   * that the first did not visit.
   */
  default boolean fallsBack() {
    return false;
  }
}
