// SPDX-License-Identifier: GPL-2.0-only
/** The labs: what each asks, and how an answer is judged. */
@NullMarked
package org.samepage.labs.course;

import org.jspecify.annotations.NullMarked;
