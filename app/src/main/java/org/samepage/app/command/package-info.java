// SPDX-License-Identifier: GPL-2.0-only
/** The commands: options in, exit code out. What they do with them is in the packages beside. */
@NullMarked
package org.samepage.app.command;

import org.jspecify.annotations.NullMarked;
