// SPDX-License-Identifier: GPL-2.0-only
/**
 * Counting what the machine does: every step that people argue about, exactly.
 *
 * <p>Each task counts into its own {@link org.samepage.mm.work.WorkCounters} without any
 * synchronisation; the machine's figures are the sum. A counter never decides anything, with one
 * exception: {@link org.samepage.mm.work.ProbeBudget} stops an operation that would probe too many
 * addresses.
 */
@NullMarked
package org.samepage.mm.work;

import org.jspecify.annotations.NullMarked;
