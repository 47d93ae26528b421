// SPDX-License-Identifier: GPL-2.0-only
/** Captures from ELF core files: what gcore and the kernel write of a process. */
@NullMarked
package org.samepage.capture.core;

import org.jspecify.annotations.NullMarked;
