// SPDX-License-Identifier: GPL-2.0-only
/** The state of a machine as a picture: page tables, KSM's trees, interval trees. */
@NullMarked
package org.samepage.app.draw;

import org.jspecify.annotations.NullMarked;
