// SPDX-License-Identifier: GPL-2.0-only
/**
 * Makes up scenarios, runs them on two backends, and shortens those on which they differ.
 *
 * <p>A {@linkplain org.samepage.scenario.fuzz.Generator generator} drafts statements from what it
 * knows of the scenario so far; a {@linkplain org.samepage.scenario.fuzz.Rehearsal rehearsal} on
 * the port leaves out what cannot be run and writes down what each failing call fails with, so that
 * the outcome is a valid scenario; a {@linkplain org.samepage.scenario.fuzz.Duel duel} runs that on
 * the other side and compares what can be seen after each statement.
 */
@NullMarked
package org.samepage.scenario.fuzz;

import org.jspecify.annotations.NullMarked;
