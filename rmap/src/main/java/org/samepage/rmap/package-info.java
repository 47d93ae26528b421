// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/rmap.c, mm/interval_tree.c and mm/page_vma_mapped.c.
/**
 * From a folio back to the entries that map it.
 *
 * <p>Main types: {@link org.samepage.rmap.AnonVmas} (the life of an anon_vma), {@link
 * org.samepage.rmap.AnonVmaIntervalTree} (its VMAs by page offset), {@link
 * org.samepage.rmap.AnonRmap} (counting mappings in and out), {@link
 * org.samepage.rmap.PageVmaMappedWalk} (the entry of one folio in one VMA), {@link
 * org.samepage.rmap.RmapWalkControl} (what a walk over all of them calls).
 *
 * <p>Locking: the interval trees under the root's rwsem; counts of a mapping under the page-table
 * lock of its entry; a folio's mapping under the folio lock. Left out compared with Linux so far:
 * forked anon_vmas, unmapping, migration, file mappings, large folios.
 */
@NullMarked
package org.samepage.rmap;

import org.jspecify.annotations.NullMarked;
