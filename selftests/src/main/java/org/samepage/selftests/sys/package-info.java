// SPDX-License-Identifier: GPL-2.0-only
/** The system calls that a test may make, whatever kernel answers them. */
@NullMarked
package org.samepage.selftests.sys;

import org.jspecify.annotations.NullMarked;
