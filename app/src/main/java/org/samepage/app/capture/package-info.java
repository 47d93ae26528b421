// SPDX-License-Identifier: GPL-2.0-only
/** Captures and predictions as the command line makes and shows them. */
@NullMarked
package org.samepage.app.capture;

import org.jspecify.annotations.NullMarked;
