// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
/**
 * From a merged page to the entries that map it. Which VMAs are asked about an item is a strategy.
 *
 * <p>Locking: the caller holds the folio lock, which guards the node's list of items; each anon_vma
 * is locked while its VMAs are visited. Neither ksm_thread_mutex nor any mmap_lock is held.
 */
@NullMarked
package org.samepage.ksm.rmapwalk;

import org.jspecify.annotations.NullMarked;
