// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a process does to its memory with plain instructions: the memory management unit, and the
 * fault path that it traps into.
 *
 * <p>An access holds the page-table lock of its entry while it touches the bytes. That is what
 * makes it one step, as it is for hardware: whoever changes the entry afterwards knows that no
 * access by the old one is still under way.
 */
@NullMarked
package org.samepage.machine.access;

import org.jspecify.annotations.NullMarked;
