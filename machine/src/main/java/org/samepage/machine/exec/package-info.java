// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/exec.c and mm/vma_exec.c.
/**
 * exec: the address space that a program starts with.
 *
 * <p>Locking: the new address space is nobody's yet, and its mmap_lock is held for writing all the
 * same, as ksmd knows it already. Left out compared with Linux: the program itself.
 */
@NullMarked
package org.samepage.machine.exec;

import org.jspecify.annotations.NullMarked;
