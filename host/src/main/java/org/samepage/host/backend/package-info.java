// SPDX-License-Identifier: GPL-2.0-only
/** A scenario on the real kernel. */
@NullMarked
package org.samepage.host.backend;

import org.jspecify.annotations.NullMarked;
