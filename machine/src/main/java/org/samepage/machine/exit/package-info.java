// SPDX-License-Identifier: GPL-2.0-only
// Ported from kernel/fork.c and mm/mmap.c.
/** The end of an address space. */
@NullMarked
package org.samepage.machine.exit;

import org.jspecify.annotations.NullMarked;
