// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mmap.c, mm/vma.c, mm/madvise.c and mm/memory.c.
/**
 * The system calls that shape an address space.
 *
 * <p>Each returns a result or a negative errno, and takes mmap_lock itself. Left out compared with
 * Linux so far: whatever needs a VMA to be split or merged, files, limits. What is asked and not
 * there is refused with a {@link org.samepage.mm.errno.NotSupportedYetException}.
 */
@NullMarked
package org.samepage.machine.mmap;

import org.jspecify.annotations.NullMarked;
