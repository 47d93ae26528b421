// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
/**
 * ksmd's round: over the slots, over each mm's pages, one batch at a time.
 *
 * <p>How the next page of an mm is found is a strategy; the frame around it is here. Everything
 * under ksm_thread_mutex. Left out compared with Linux so far: the advisor, trace points, the
 * thread.
 */
@NullMarked
package org.samepage.ksm.scan;

import org.jspecify.annotations.NullMarked;
