// SPDX-License-Identifier: GPL-2.0-only
/** Error numbers, negated in ported code and by name in messages; and what is not there yet. */
@NullMarked
package org.samepage.mm.errno;

import org.jspecify.annotations.NullMarked;
