// SPDX-License-Identifier: GPL-2.0-only
/**
 * The capture file: sections behind one another, each with its length and a checksum, written and
 * read in one stream. {@code docs/reference/capture.adoc} describes every byte.
 */
@NullMarked
package org.samepage.capture.format;

import org.jspecify.annotations.NullMarked;
