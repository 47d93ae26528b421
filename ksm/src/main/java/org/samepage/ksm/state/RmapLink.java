// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.state;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * A place from which an mm's list of items goes on: its slot, or an item of the list.
 *
 * <p>ksmd's cursor rests at such a place, so that the item after it can be taken out.
 */
@PortedFrom(
    value = "mm/ksm.c:ksm_scan",
    fidelity = Fidelity.ADAPTED,
    differs = "C points to the link field itself; here its owner is named")
public interface RmapLink {
  /** The next item by address. */
  @Nullable KsmRmapItem rmapList();

  void setRmapList(@Nullable KsmRmapItem next);
}
