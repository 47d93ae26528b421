// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
/**
 * Merging one page: with the zero page, with a page of the stable tree, or with another one.
 *
 * <p>ksmd holds no lock of an mm between looking at a page and merging it, so each step looks
 * again. A merge takes mmap_lock for reading, tries the folio lock, then the page-table lock; the
 * content is compared once more after the page was write-protected.
 */
@NullMarked
package org.samepage.ksm.merge;

import org.jspecify.annotations.NullMarked;
