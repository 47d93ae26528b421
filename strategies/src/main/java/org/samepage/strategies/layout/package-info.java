// SPDX-License-Identifier: GPL-2.0-only
/** How the rmap_item of the modelled kernel is laid out, and how large that makes it. */
@NullMarked
package org.samepage.strategies.layout;

import org.jspecify.annotations.NullMarked;
