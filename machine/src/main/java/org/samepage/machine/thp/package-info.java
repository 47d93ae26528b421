// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c, mm/khugepaged.c and include/linux/huge_mm.h.
/**
 * Transparent huge pages: who may have them ({@link org.samepage.machine.thp.ThpPolicy}), their
 * faults ({@link org.samepage.machine.thp.HugeFaults}), and what system calls do with a huge entry
 * that lies whole in their range. Those that split one are in {@link org.samepage.rmap.huge}.
 *
 * <p>Locking: the lock of the table of PMD words. Left out compared with Linux: folios of other
 * sizes than 2 MiB, huge pages of files, khugepaged itself, prctl(PR_SET_THP_DISABLE).
 */
@NullMarked
package org.samepage.machine.thp;

import org.jspecify.annotations.NullMarked;
