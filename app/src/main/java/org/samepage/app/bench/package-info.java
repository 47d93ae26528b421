// SPDX-License-Identifier: GPL-2.0-only
/**
 * What {@code samepage bench} measures: counts, which repeat exactly, and times beside them, on the
 * port and on this machine's own kernel.
 */
@NullMarked
package org.samepage.app.bench;

import org.jspecify.annotations.NullMarked;
