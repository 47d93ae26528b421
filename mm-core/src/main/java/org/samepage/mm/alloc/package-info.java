// SPDX-License-Identifier: GPL-2.0-only
/** Counted objects, so that what leaks is seen. The JVM has the memory; nothing here holds any. */
@NullMarked
package org.samepage.mm.alloc;

import org.jspecify.annotations.NullMarked;
