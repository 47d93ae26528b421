// SPDX-License-Identifier: GPL-2.0-only
/**
 * Trace points as events of the JDK Flight Recorder, under the kernel's names and with its fields.
 *
 * <p>All are off unless a recording asks for them by name, {@code ksm.ksm_enter} say; an event that
 * is off is never made.
 */
@NullMarked
package org.samepage.machine.trace;

import org.jspecify.annotations.NullMarked;
