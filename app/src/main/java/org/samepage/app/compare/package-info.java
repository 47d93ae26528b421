// SPDX-License-Identifier: GPL-2.0-only
/** One scenario under several profiles, side by side. */
@NullMarked
package org.samepage.app.compare;

import org.jspecify.annotations.NullMarked;
