// SPDX-License-Identifier: GPL-2.0-only
/** Builds mm-core's part of a machine. The only package of this module that knows Guice. */
@NullMarked
package org.samepage.mm.wiring;

import org.jspecify.annotations.NullMarked;
