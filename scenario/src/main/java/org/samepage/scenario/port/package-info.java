// SPDX-License-Identifier: GPL-2.0-only
/** The port as a backend: each scenario runs on a machine of its own. */
@NullMarked
package org.samepage.scenario.port;

import org.jspecify.annotations.NullMarked;
