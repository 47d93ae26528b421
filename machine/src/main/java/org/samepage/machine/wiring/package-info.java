// SPDX-License-Identifier: GPL-2.0-only
/** Puts a machine together from its modules. The only package of this module that knows Guice. */
@NullMarked
package org.samepage.machine.wiring;

import org.jspecify.annotations.NullMarked;
