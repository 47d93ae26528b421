// SPDX-License-Identifier: GPL-2.0-only
/**
 * Page sizes and the conversions between bytes, pages and table indices.
 *
 * <p>The only package that shifts by {@code PAGE_SHIFT}; every other one asks {@link
 * org.samepage.mm.units.PageUnits} by a name that states both units.
 */
@NullMarked
package org.samepage.mm.units;

import org.jspecify.annotations.NullMarked;
