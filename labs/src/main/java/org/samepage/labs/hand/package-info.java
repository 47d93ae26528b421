// SPDX-License-Identifier: GPL-2.0-only
/** What a student is handed: a folder, or an archive that works offline. */
@NullMarked
package org.samepage.labs.hand;

import org.jspecify.annotations.NullMarked;
