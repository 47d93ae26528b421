// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import org.samepage.mm.port.PortedFrom;

/** What kind of entry a walk to a folio ended at. */
@PortedFrom("include/linux/pagewalk.h:folio_walk_level")
public enum FolioWalkLevel {
  FW_LEVEL_PTE,
  FW_LEVEL_PMD,
  FW_LEVEL_PUD
}
