// SPDX-License-Identifier: GPL-2.0-only
/** Builds the reverse mapping of a machine. The only package of this module that knows Guice. */
@NullMarked
package org.samepage.rmap.wiring;

import org.jspecify.annotations.NullMarked;
