// SPDX-License-Identifier: GPL-2.0-only
/** The result document of a scenario: made, written, read back, compared. */
@NullMarked
package org.samepage.scenario.result;

import org.jspecify.annotations.NullMarked;
