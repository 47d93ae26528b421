// SPDX-License-Identifier: GPL-2.0-only
/**
 * One user of the machine's KSM at a time: checks that it can be had, asks, changes the knobs, and
 * has everything put back.
 */
@NullMarked
package org.samepage.host.session;

import org.jspecify.annotations.NullMarked;
