// SPDX-License-Identifier: GPL-2.0-only
/** What the lab commands print and write. */
@NullMarked
package org.samepage.app.lab;

import org.jspecify.annotations.NullMarked;
