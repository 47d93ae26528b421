// SPDX-License-Identifier: GPL-2.0-only
/** What a student's code implements, where the project has no interface for it. */
@NullMarked
package org.samepage.labs.task;

import org.jspecify.annotations.NullMarked;
