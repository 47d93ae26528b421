// SPDX-License-Identifier: GPL-2.0-only
/** Everything put together once, and how a command ends. */
@NullMarked
package org.samepage.app.workbench;

import org.jspecify.annotations.NullMarked;
