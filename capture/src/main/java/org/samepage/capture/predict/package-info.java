// SPDX-License-Identifier: GPL-2.0-only
/**
 * What KSM would do to captured processes: a machine is booted from the capture, its ksmd runs
 * until nothing changes any more, and what that saved and cost is counted.
 */
@NullMarked
package org.samepage.capture.predict;

import org.jspecify.annotations.NullMarked;
