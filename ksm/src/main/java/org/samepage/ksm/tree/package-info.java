// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
/**
 * The two trees, ordered by page contents, and the items that lead into them.
 *
 * <p>The stable tree holds write-protected merged pages, so its order holds. The unstable tree
 * holds pages that may be written at any time: it is thrown away after each full pass, and what it
 * says is checked before it is believed. A node of the stable tree is a page, or a chain of pages
 * with equal contents where max_page_sharing forbids one page to serve them all.
 *
 * <p>Locking: ksm_thread_mutex for everything; a node's list of items also under its page's folio
 * lock, for rmap walkers that hold nothing else.
 */
@NullMarked
package org.samepage.ksm.tree;

import org.jspecify.annotations.NullMarked;
