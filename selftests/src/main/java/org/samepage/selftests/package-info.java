// SPDX-License-Identifier: GPL-2.0-only
/**
 * The kernel's selftests, written once against a small interface of system calls, and run on two
 * kernels: the port, and the real one. That a case says on the real kernel what upstream's program
 * said there shows that the case is right; that it says the same on the port shows that the port
 * is.
 */
@NullMarked
package org.samepage.selftests;

import org.jspecify.annotations.NullMarked;
