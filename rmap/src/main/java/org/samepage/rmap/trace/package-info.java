// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/trace/events/rmap.h, as posted in "[PATCH v4 0/5] KSM: Optimizations for
// rmap_walk_ksm".
/**
 * The trace point of rmap walks, with the posted fields, and our own beside it, with the work; and
 * who is told.
 */
@NullMarked
package org.samepage.rmap.trace;

import org.jspecify.annotations.NullMarked;
