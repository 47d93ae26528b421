// SPDX-License-Identifier: GPL-2.0-only
/** Who is told of events, whatever the events are. */
@NullMarked
package org.samepage.mm.trace;

import org.jspecify.annotations.NullMarked;
