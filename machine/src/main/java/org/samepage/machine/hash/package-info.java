// SPDX-License-Identifier: GPL-2.0-only
/** The XXH64 library behind its interface. */
@NullMarked
package org.samepage.machine.hash;

import org.jspecify.annotations.NullMarked;
