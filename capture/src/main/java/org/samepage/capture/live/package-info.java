// SPDX-License-Identifier: GPL-2.0-only
/** Captures processes that run, through /proc; each file of it that cannot be read is said. */
@NullMarked
package org.samepage.capture.live;

import org.jspecify.annotations.NullMarked;
