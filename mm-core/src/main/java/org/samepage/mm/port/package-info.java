// SPDX-License-Identifier: GPL-2.0-only
/** How a piece of Java states which kernel function it was ported from, and what differs. */
@NullMarked
package org.samepage.mm.port;

import org.jspecify.annotations.NullMarked;
