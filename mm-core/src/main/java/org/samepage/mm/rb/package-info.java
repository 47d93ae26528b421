// SPDX-License-Identifier: GPL-2.0-only
/**
 * Red-black trees whose nodes are part of the things they hold, as in the kernel.
 *
 * <p>The caller finds the place and links the node; the tree only balances. It never compares, so
 * it stays sound where the order of its nodes is not what it was when they came in: KSM's unstable
 * tree is ordered by page contents that may change at any time. Erasing names a node, not a key.
 *
 * <p>No locks: whoever owns a root guards it. Nothing of lib/rbtree.c is left out but the variants
 * for RCU readers.
 */
@NullMarked
package org.samepage.mm.rb;

import org.jspecify.annotations.NullMarked;
