// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import org.jspecify.annotations.Nullable;

/**
 * One line of a scenario.
 *
 * @param line from 1
 * @param text the line as written, without comment and the space around it
 * @param expectedError what it must fail with: an errno or SIGSEGV, SIGBUS; null where it must not
 */
public record Statement(int line, String text, Action action, @Nullable String expectedError) {}
