// SPDX-License-Identifier: GPL-2.0-only
/** Trace points as lines, in the format of the kernel's trace_pipe. */
@NullMarked
package org.samepage.app.trace;

import org.jspecify.annotations.NullMarked;
