// SPDX-License-Identifier: GPL-2.0-only
/**
 * Locks under their kernel names, the task that runs, and the seam through which a scheduler sees
 * both.
 *
 * <p>Main types: {@link org.samepage.mm.sched.Sched} (one per machine; every lock and every {@code
 * cond_resched} reports to it), {@link org.samepage.mm.sched.KernelLock} and {@link
 * org.samepage.mm.sched.RwSem} (real locks: any number of threads may act on one machine), {@link
 * org.samepage.mm.sched.Task} (what the kernel calls {@code current}).
 *
 * <p>Left out compared with Linux: priorities, per-CPU state, RCU, lock fairness beyond "a waiting
 * writer holds up new readers".
 */
@NullMarked
package org.samepage.mm.sched;

import org.jspecify.annotations.NullMarked;
