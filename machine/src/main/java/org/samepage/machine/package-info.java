// SPDX-License-Identifier: GPL-2.0-only
/**
 * A machine to hold in your hand: boot it, run processes on it, step ksmd, read what /sys and /proc
 * would show.
 *
 * <p>{@link org.samepage.machine.Machine} and {@link org.samepage.machine.UserProcess} are the
 * façade: from here on a failure is an exception that carries its errno by name. What calls in all
 * directions (faults, mapping, exit) is ported in the packages below this one.
 */
@NullMarked
package org.samepage.machine;

import org.jspecify.annotations.NullMarked;
