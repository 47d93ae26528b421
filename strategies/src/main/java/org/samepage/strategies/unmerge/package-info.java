// SPDX-License-Identifier: GPL-2.0-only
/** How merged pages of a range are found in order to break them apart. */
@NullMarked
package org.samepage.strategies.unmerge;

import org.jspecify.annotations.NullMarked;
