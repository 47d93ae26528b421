// SPDX-License-Identifier: GPL-2.0-only
/**
 * Carries scenarios out: names and placement, statement by statement on a backend, expectations,
 * and at the end the result document.
 */
@NullMarked
package org.samepage.scenario.run;

import org.jspecify.annotations.NullMarked;
