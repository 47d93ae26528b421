// SPDX-License-Identifier: GPL-2.0-only
// Ported from kernel/sys.c.
/** The options of prctl that concern memory merging. */
@NullMarked
package org.samepage.machine.prctl;

import org.jspecify.annotations.NullMarked;
