// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/vmscan.c.
/**
 * Swapping out: {@link org.samepage.machine.swap.Reclaim}. What comes back does so by faults.
 *
 * <p>Locking: the folio lock of one folio at a time; no mmap_lock is needed. Left out compared with
 * Linux: LRU lists, and with them any choice of what to swap out; pages of files in memory.
 */
@NullMarked
package org.samepage.machine.swap;

import org.jspecify.annotations.NullMarked;
