// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import org.samepage.mm.port.PortedFrom;

/** The walk over the mappings of a merged page, which only KSM can do: it lives above. */
public interface KsmRmapWalk {
  /**
   * Visits the VMAs that may map a folio.
   *
   * @param folio a locked KSM folio
   */
  @PortedFrom("mm/ksm.c:rmap_walk_ksm")
  void rmapWalkKsm(int folio, RmapWalkControl rwc);
}
