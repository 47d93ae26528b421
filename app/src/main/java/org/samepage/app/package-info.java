// SPDX-License-Identifier: GPL-2.0-only
/** The command line. The only module that puts everything together, and that prints. */
@NullMarked
package org.samepage.app;

import org.jspecify.annotations.NullMarked;
