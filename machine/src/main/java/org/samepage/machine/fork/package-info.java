// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mmap.c, kernel/fork.c and mm/memory.c.
/**
 * fork: a child's VMAs, its anon_vmas, and the entries that it shares with its parent.
 *
 * <p>Locking: the parent's mmap_lock for writing, then the child's; then a table of the child's and
 * the one of the parent's. Left out compared with Linux: pinned pages, which a child would get
 * copies of, and userfaultfd.
 */
@NullMarked
package org.samepage.machine.fork;

import org.jspecify.annotations.NullMarked;
