// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/shmem.c and mm/filemap.c.
/**
 * Files in memory, as memfd_create and shared anonymous mappings make them.
 *
 * <p>Locking: an {@link org.samepage.mm.vma.AddressSpace}'s lock guards its pages and is taken
 * under page-table locks. Left out compared with Linux: huge pages, swap, holes that are punched,
 * seals.
 */
@NullMarked
package org.samepage.machine.file;

import org.jspecify.annotations.NullMarked;
