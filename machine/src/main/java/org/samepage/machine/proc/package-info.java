// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/task_mmu.c, fs/proc/page.c and fs/proc/base.c.
/**
 * What /proc shows of memory, in the kernel's formats.
 *
 * <p>Reading changes nothing. smaps and pagemap walk page tables as the kernel does, by {@link
 * org.samepage.pagewalk.PageWalk}, and those walks count as work of the task that reads; {@link
 * org.samepage.machine.proc.ProcMaps#lines} and {@link org.samepage.machine.proc.ProcPagemap} look
 * at the same things and count as none.
 *
 * <p>Locking: mmap_lock for reading, then the lock of one table. Who reads holds a use of the
 * address space, so that it does not exit meanwhile.
 */
@NullMarked
package org.samepage.machine.proc;

import org.jspecify.annotations.NullMarked;
