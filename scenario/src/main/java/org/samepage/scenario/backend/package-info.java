// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a scenario runs on: system calls, page accesses, KSM's controls, and what can be seen of
 * them afterwards. A backend knows addresses; names, placement and expectations are the runner's.
 */
@NullMarked
package org.samepage.scenario.backend;

import org.jspecify.annotations.NullMarked;
