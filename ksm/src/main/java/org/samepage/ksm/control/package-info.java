// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
/**
 * KSM as the rest of the machine sees it: {@link org.samepage.ksm.control.Ksmd} to be stepped,
 * {@link org.samepage.ksm.control.KsmSysfs} to be read and written.
 */
@NullMarked
package org.samepage.ksm.control;

import org.jspecify.annotations.NullMarked;
