// SPDX-License-Identifier: GPL-2.0-only
/** The kernel's selftests, one class for each of its programs, and some of our own. */
@NullMarked
package org.samepage.selftests.suites;

import org.jspecify.annotations.NullMarked;
