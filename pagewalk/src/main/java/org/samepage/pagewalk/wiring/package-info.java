// SPDX-License-Identifier: GPL-2.0-only
/** Builds the walkers of a machine. The only package of this module that knows Guice. */
@NullMarked
package org.samepage.pagewalk.wiring;

import org.jspecify.annotations.NullMarked;
