// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.function.Supplier;
import org.samepage.scenario.backend.Backend;

/**
 * Whom the port is compared with.
 *
 * @param name for reports: {@code host}, or a profile
 * @param boot gives a backend that nothing runs on; it is closed after use
 */
public record Rival(String name, Supplier<? extends Backend> boot) {}
