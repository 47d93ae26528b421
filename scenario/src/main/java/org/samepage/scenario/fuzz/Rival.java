// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import org.samepage.scenario.backend.Backend;

/**
 * Whom the port is compared with.
 *
 * @param name for reports: {@code host}, or a profile
 * @param boot gives a backend that nothing runs on, on the machine that a scenario asks for
 */
public record Rival(String name, Booting<? extends Backend> boot) {}
