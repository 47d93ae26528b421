// SPDX-License-Identifier: GPL-2.0-only
/**
 * The real kernel as seen from user space: the files of KSM, stepping of ksmd, what /proc tells
 * about a process, who else uses KSM.
 */
@NullMarked
package org.samepage.host.kernel;

import org.jspecify.annotations.NullMarked;
