// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.scan;

import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.tree.RmapItems;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * Passes over pages that could not be merged before: the longer they stayed alone, the more often.
 */
final class SmartScan {
  private static final int MAX_AGE = 255;

  private final KsmState state;
  private final RmapItemLayout layout;
  private final RmapItems items;
  private final Folios folios;

  SmartScan(KsmState state, RmapItemLayout layout, RmapItems items, Folios folios) {
    this.state = state;
    this.layout = layout;
    this.items = items;
    this.folios = folios;
  }

  /** Passes to skip after a visit at this age. */
  @PortedFrom("mm/ksm.c:skip_age")
  // tag::skip-age[]
  static int skipAge(int age) {
    if (age <= 3) {
      return 1;
    }
    if (age <= 5) {
      return 2;
    }
    return age <= 8 ? 4 : 8;
  }

  // end::skip-age[]

  /** Whether this pass goes without the page. One that does takes its item out of its tree. */
  @PortedFrom(
      value = "mm/ksm.c:should_skip_rmap_item",
      fidelity = Fidelity.ADAPTED,
      differs = "asks the layout whether a stable item has an age")
  // tag::should-skip[]
  boolean shouldSkipRmapItem(int folio, KsmRmapItem item) {
    if (!state.knobs.smartScan || folios.folioTestKsm(folio)) {
      return false;
    }
    if (item.isStable() && !layout.stableItemsHaveAge()) {
      return false;
    }
    int age = item.age();
    if (age != MAX_AGE) {
      item.incrementAge();
    }
    if (age < 3) {
      return false;
    }
    if (item.remainingSkips() == 0) {
      item.setRemainingSkips(skipAge(age));
      return false;
    }
    state.ksmPagesSkipped++;
    item.setRemainingSkips(item.remainingSkips() - 1);
    items.removeRmapItemFromTree(item);
    return true;
  }
  // end::should-skip[]
}
