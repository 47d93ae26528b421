// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import org.samepage.scenario.backend.Backend;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;

/** Gives backends that nothing runs on. */
@FunctionalInterface
public interface Booting<B extends Backend> {
  /**
   * One on the machine that a scenario asks for, to be closed after use.
   *
   * @throws ScenarioException where there can be no such machine
   */
  B boot(Scenario scenario) throws ScenarioException;
}
