// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
/**
 * What KSM does where memory goes offline: nobody touches the stable tree meanwhile, and nodes of
 * pages that are gone with their memory are dropped unseen.
 */
@NullMarked
package org.samepage.ksm.hotremove;

import org.jspecify.annotations.NullMarked;
