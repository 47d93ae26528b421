// SPDX-License-Identifier: GPL-2.0-only
/**
 * What every allocation of the port goes through: caches that count their objects, and the seam
 * that lets a test make the n-th allocation of a kind fail.
 *
 * <p>The JVM has the memory; nothing here holds any.
 */
@NullMarked
package org.samepage.mm.alloc;

import org.jspecify.annotations.NullMarked;
