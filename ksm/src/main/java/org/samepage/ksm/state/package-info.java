// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
/**
 * The data of mm/ksm.c: its structs, and its globals as one {@link org.samepage.ksm.state.KsmState}
 * for each machine.
 *
 * <p>Public fields under their kernel names; each says which lock guards it. Functions over them
 * are in the packages beside this one, which are split by concern and keep the order of the C file.
 */
@NullMarked
package org.samepage.ksm.state;

import org.jspecify.annotations.NullMarked;
