// SPDX-License-Identifier: GPL-2.0-only
/** Machines as labs boot them, perhaps with a student's strategy. */
@NullMarked
package org.samepage.labs.machine;

import org.jspecify.annotations.NullMarked;
