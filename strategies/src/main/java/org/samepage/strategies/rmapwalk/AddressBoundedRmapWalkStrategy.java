// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.strategies.rmapwalk;

import org.samepage.ksm.spi.StrategySpec;

/**
 * Asks about the VMAs that cover the address's own page number, which is the page's index only
 * where nothing was moved since its first fault, and no file lies below.
 */
@StrategySpec(
    name = "address-bounded",
    summary = "VMAs whose page offsets hold the number of the item's address.",
    origin =
        "\"[PATCH v3 2/2] ksm: Optimize rmap_walk_ksm by passing a suitable address range\","
            + " in mm-unstable for a while, never merged",
    cost = "2 * items * (log V + hits): V VMAs of the anon_vma, hits those at the place asked for",
    knownFaults =
        "Misses pages that mremap moved before they were merged, and pages of private files: such a"
            + " page can be neither migrated nor reclaimed.",
    tells = "telling/m2: ptes_found, and a page that cannot be migrated")
final class AddressBoundedRmapWalkStrategy extends AddressQuery {}
