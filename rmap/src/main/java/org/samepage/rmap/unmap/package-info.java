// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/rmap.c and mm/migrate.c.
/**
 * What is done to all mappings of a folio: {@link org.samepage.rmap.unmap.TryToUnmap} puts swap
 * words in their place, {@link org.samepage.rmap.unmap.TryToMigrate} migration entries, {@link
 * org.samepage.rmap.unmap.RemoveMigrationPtes} mappings in the place of those, {@link
 * org.samepage.rmap.unmap.FolioReferenced} asks which were used.
 *
 * <p>Locking: the caller has the folio lock; each entry is changed under its table's lock. Left out
 * compared with Linux: hugetlb, device memory, poisoned pages, batched TLB flushes.
 */
@NullMarked
package org.samepage.rmap.unmap;

import org.jspecify.annotations.NullMarked;
