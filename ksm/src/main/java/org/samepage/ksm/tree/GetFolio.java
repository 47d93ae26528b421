// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.tree;

import org.samepage.mm.port.PortedFrom;

/** What ksm_get_folio does about the folio lock. */
@PortedFrom("mm/ksm.c:ksm_get_folio_flags")
public enum GetFolio {
  KSM_GET_FOLIO_NOLOCK,
  KSM_GET_FOLIO_LOCK,
  KSM_GET_FOLIO_TRYLOCK
}
