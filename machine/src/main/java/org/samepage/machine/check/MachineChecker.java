// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.check;

import java.util.ArrayList;
import java.util.List;
import org.samepage.machine.Machine;

/**
 * The invariants of a machine at rest: mappings against counts, frames against holders, swap slots
 * against words, KSM's trees against its counters.
 */
public final class MachineChecker {
  private MachineChecker() {}

  /** What does not hold; empty for a sound machine. */
  public static List<String> problems(Machine machine) {
    List<String> problems = new ArrayList<>();
    new FrameCheck(machine, problems).check();
    new SwapCheck(machine, problems).check();
    new KsmCheck(machine, problems).check();
    return problems;
  }

  /** Fails where something does not hold. */
  public static void check(Machine machine) {
    List<String> problems = problems(machine);
    if (!problems.isEmpty()) {
      throw new IllegalStateException(
          "the machine is not sound:\n  " + String.join("\n  ", problems));
    }
  }
}
