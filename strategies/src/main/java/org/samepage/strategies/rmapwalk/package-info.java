// SPDX-License-Identifier: GPL-2.0-only
/** Which VMAs rmap_walk_ksm asks about an item. */
@NullMarked
package org.samepage.strategies.rmapwalk;

import org.jspecify.annotations.NullMarked;
