// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
/**
 * Which mms ksmd scans: entering and leaving its list. Locking: ksm_mmlist_lock for the list;
 * callers hold mmap_lock for writing, or own an mm that nobody else knows.
 */
@NullMarked
package org.samepage.ksm.slots;

import org.jspecify.annotations.NullMarked;
