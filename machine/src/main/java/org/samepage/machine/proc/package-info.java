// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/task_mmu.c.
/** What /proc/PID shows of an address space. Reading changes nothing, and counts as no work. */
@NullMarked
package org.samepage.machine.proc;

import org.jspecify.annotations.NullMarked;
