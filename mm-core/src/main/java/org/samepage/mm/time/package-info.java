// SPDX-License-Identifier: GPL-2.0-only
/** The machine's clock: virtual where results must repeat, real where something is measured. */
@NullMarked
package org.samepage.mm.time;

import org.jspecify.annotations.NullMarked;
