// SPDX-License-Identifier: GPL-2.0-only
/** The saving over the pages scanned, drawn. */
@NullMarked
package org.samepage.capture.chart;

import org.jspecify.annotations.NullMarked;
