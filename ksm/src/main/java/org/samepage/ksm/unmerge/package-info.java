// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
/**
 * Taking merges back: a single failed one, a range that a process names, everything at once.
 *
 * <p>How merged pages are found in a range is a strategy; what happens around it is here. Locking:
 * mmap_lock of the mm; ksm_thread_mutex where everything is unmerged.
 */
@NullMarked
package org.samepage.ksm.unmerge;

import org.jspecify.annotations.NullMarked;
