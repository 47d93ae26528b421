// SPDX-License-Identifier: GPL-2.0-only
/**
 * Strategies from elsewhere: jars that are loaded beside ours, and the files that one begins with.
 */
@NullMarked
package org.samepage.app.plugin;

import org.jspecify.annotations.NullMarked;
