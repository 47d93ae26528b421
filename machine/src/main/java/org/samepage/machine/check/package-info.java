// SPDX-License-Identifier: GPL-2.0-only
/** Walks everything a machine has and says what does not agree. The machine must rest meanwhile. */
@NullMarked
package org.samepage.machine.check;

import org.jspecify.annotations.NullMarked;
