// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
/**
 * Splitting large folios into single pages: {@link org.samepage.rmap.split.SplitFolio} splits one,
 * {@link org.samepage.rmap.split.DeferredSplitScan} those of which pages are mapped no more.
 *
 * <p>Locking: the folio lock, then the anon_vma for writing; all mappings are migration entries
 * while the folio is taken apart.
 */
@NullMarked
package org.samepage.rmap.split;

import org.jspecify.annotations.NullMarked;
