// SPDX-License-Identifier: GPL-2.0-only
/** Compiles a student's code, runs it in a process of its own, and grades what comes back. */
@NullMarked
package org.samepage.labs.grade;

import org.jspecify.annotations.NullMarked;
