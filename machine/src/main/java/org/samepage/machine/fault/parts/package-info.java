// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c.
/** What faults of all sizes of pages, and those who unmap, have in common. */
@NullMarked
package org.samepage.machine.fault.parts;

import org.jspecify.annotations.NullMarked;
