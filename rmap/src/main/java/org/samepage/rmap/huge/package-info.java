// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c.
/**
 * Huge entries as walks over the mappings of a folio meet them: {@link
 * org.samepage.rmap.huge.SplitHugePmd} makes a table of one, {@link
 * org.samepage.rmap.huge.HugeMigration} puts a migration entry in its place and back, {@link
 * org.samepage.rmap.huge.DiscardHugePmd} lets go of it.
 *
 * <p>Locking: the lock of the table of PMD words that the entry is in. A table of the lowest level
 * waits below each huge entry, so that a split needs no memory.
 */
@NullMarked
package org.samepage.rmap.huge;

import org.jspecify.annotations.NullMarked;
