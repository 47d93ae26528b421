// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/rmap.c, mm/interval_tree.c and mm/page_vma_mapped.c.
/**
 * From a folio back to the entries that map it.
 *
 * <p>Main types: {@link org.samepage.rmap.AnonVmas} (the life of an anon_vma), {@link
 * org.samepage.rmap.AnonVmaIntervalTree} (its VMAs by page offset), {@link
 * org.samepage.rmap.AnonRmap} (counting mappings in and out), {@link
 * org.samepage.rmap.PageVmaMappedWalk} (the entries of one folio in one VMA), {@link
 * org.samepage.rmap.RmapWalk} (all VMAs that may have one), {@link
 * org.samepage.rmap.RmapWalkControl} (what such a walk calls). What is done to all mappings of a
 * folio is in {@code rmap.unmap}.
 *
 * <p>Locking: the interval trees under the root's rwsem; counts of a mapping under the page-table
 * lock of its entry; a folio's mapping under the folio lock. Left out compared with Linux: large
 * folios, hugetlb, device memory, cleaning of shared files for writeback.
 */
@NullMarked
package org.samepage.rmap;

import org.jspecify.annotations.NullMarked;
