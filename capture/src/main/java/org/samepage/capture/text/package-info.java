// SPDX-License-Identifier: GPL-2.0-only
/** A capture as a scenario, for {@code samepage run} and {@code compare}. */
@NullMarked
package org.samepage.capture.text;

import org.jspecify.annotations.NullMarked;
