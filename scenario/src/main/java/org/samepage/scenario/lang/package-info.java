// SPDX-License-Identifier: GPL-2.0-only
/**
 * The scenario language: from text to statements.
 *
 * <p>{@link org.samepage.scenario.lang.ScenarioParser} reads a whole file and fails at the first
 * line that is wrong, with that line and the valid choices. What a statement means is in {@code
 * docs/reference/scenario.adoc}; carrying it out is the runner's work.
 */
@NullMarked
package org.samepage.scenario.lang;

import org.jspecify.annotations.NullMarked;
