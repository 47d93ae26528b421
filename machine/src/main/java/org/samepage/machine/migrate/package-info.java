// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/migrate.c and mm/memory_hotplug.c.
/**
 * Moving pages to other frames: {@link org.samepage.machine.migrate.MigrateFolio} moves one, {@link
 * org.samepage.machine.migrate.MigratePages} tries again where it has to, {@link
 * org.samepage.machine.migrate.MovePages} is the system call, {@link
 * org.samepage.machine.migrate.OfflinePages} takes frames out of use.
 *
 * <p>Locking: the folio locks of the old and the new folio, in this order; while references are
 * frozen, the lock of the swap device or of the file's pages. Left out compared with Linux:
 * hugetlb, device memory, writeback, batches of folios that are unmapped together.
 */
@NullMarked
package org.samepage.machine.migrate;

import org.jspecify.annotations.NullMarked;
