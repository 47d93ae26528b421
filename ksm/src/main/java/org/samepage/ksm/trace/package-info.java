// SPDX-License-Identifier: GPL-2.0-only
// Ported from include/trace/events/ksm.h.
/** KSM's trace points: their events and fields, and who is told. */
@NullMarked
package org.samepage.ksm.trace;

import org.jspecify.annotations.NullMarked;
