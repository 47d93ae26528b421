// SPDX-License-Identifier: GPL-2.0-only
/**
 * From an entry of a page table to the page behind it, and what is printed where there is none.
 *
 * <p>The part of mm/memory.c that walkers, reverse mapping and KSM all use; the faults of the same
 * file are in {@code machine}.
 */
@NullMarked
package org.samepage.mm.memory;

import org.jspecify.annotations.NullMarked;
