// SPDX-License-Identifier: GPL-2.0-only
/** The port map: what became of each kernel symbol, from annotations and from what tests ran. */
@NullMarked
package org.samepage.app.portmap;

import org.jspecify.annotations.NullMarked;
