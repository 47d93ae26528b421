// SPDX-License-Identifier: GPL-2.0-only
/**
 * Allocations that fail on purpose, so that the ways out of memory shortage can be walked.
 *
 * <p>Each {@link org.samepage.mm.sched.Sched} has one {@link org.samepage.mm.failslab.FailSlab}, so
 * whatever belongs to one machine asks the same. Left out compared with Linux: odds, intervals and
 * the debugfs files; a plan says which allocation fails.
 */
@NullMarked
package org.samepage.mm.failslab;

import org.jspecify.annotations.NullMarked;
