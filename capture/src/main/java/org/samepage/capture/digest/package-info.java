// SPDX-License-Identifier: GPL-2.0-only
/**
 * Keyed hashes of pages, and aliases of frames: what a capture holds instead of bytes and frame
 * numbers.
 */
@NullMarked
package org.samepage.capture.digest;

import org.jspecify.annotations.NullMarked;
