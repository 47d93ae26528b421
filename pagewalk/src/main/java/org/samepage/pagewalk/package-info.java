// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/pagewalk.c and include/linux/pagewalk.h.
/**
 * Walking page tables: a range with callbacks, or one address to its folio.
 *
 * <p>Main types: {@link org.samepage.pagewalk.PageWalk} (the walks), {@link
 * org.samepage.pagewalk.KernelPageWalk} (those of tables without VMAs), {@link
 * org.samepage.pagewalk.MmWalkOps} (what a walker calls), {@link org.samepage.pagewalk.MmWalk} (its
 * state, reusable), {@link org.samepage.pagewalk.FolioWalk} (one address).
 *
 * <p>A walk costs one step for each populated table entry and each empty one in the tables that
 * exist; what has no table is jumped over. Nothing is allocated for an entry visited.
 *
 * <p>Locking: mmap_lock as the operations' {@link org.samepage.pagewalk.PageWalkLock} says, or the
 * file's i_mmap_rwsem. Seams: {@link org.samepage.mm.spi.HugeSplitter} splits the huge entries that
 * a walk meets, {@link org.samepage.mm.spi.FileVmas} are the mappings of a file. Left out compared
 * with Linux: per-VMA locks, hugetlb pages of other sizes than 2 MiB and what shares their tables.
 */
@NullMarked
package org.samepage.pagewalk;

import org.jspecify.annotations.NullMarked;
