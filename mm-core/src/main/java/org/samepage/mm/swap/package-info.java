// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/swapfile.c and mm/swap_state.c.
/**
 * Where pages go that are swapped out: the slots of one device, what is in them, and the folios
 * that still or again hold the same.
 *
 * <p>Main types: {@link org.samepage.mm.swap.SwapDevice} (slots with their counts, and the swap
 * cache), {@link org.samepage.mm.swap.SwapStore} (the bytes), {@link org.samepage.mm.swap.Mmlist}
 * (the address spaces that may have swap words).
 *
 * <p>A slot is in use while words of page tables stand for it, which are counted, or while a folio
 * is its copy in the swap cache, which holds one reference to the folio. Slot 0 is the device's
 * header and never used.
 *
 * <p>Locking: the device's lock guards slots and cache and may be taken under a page-table lock; a
 * folio's place in the cache is also guarded by its folio lock. Left out compared with Linux: more
 * than one device, clusters, readahead, swapoff, and pages of files in memory.
 */
@NullMarked
package org.samepage.mm.swap;

import org.jspecify.annotations.NullMarked;
