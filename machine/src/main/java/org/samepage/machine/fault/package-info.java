// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c.
/**
 * Page faults: anonymous memory, the zero page, copy on write, unsharing.
 *
 * <p>Locking: mmap_lock for reading at least; the page-table lock of the entry, under which what
 * was seen before is checked again. Left out compared with Linux so far: NUMA hints, and whoever
 * would resolve userfaults.
 */
@NullMarked
package org.samepage.machine.fault;

import org.jspecify.annotations.NullMarked;
