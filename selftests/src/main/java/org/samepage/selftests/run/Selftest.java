// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.run;

import org.jspecify.annotations.Nullable;
import org.samepage.machine.SyscallException;

/**
 * One case.
 *
 * @param id as in the map of upstream's cases: {@code KF-01}
 * @param name upstream's text for its result
 * @param nodes NUMA nodes that its machine has, where one can choose
 * @param fault what kernels before a version do wrong; null where all do right
 */
public record Selftest(String id, String name, int nodes, @Nullable OldFault fault, Body body) {
  /** What a case does. */
  @FunctionalInterface
  public interface Body {
    void run(TestRun t) throws SyscallException;
  }

  /**
   * What kernels before a version do wrong.
   *
   * @param since the first version that does right, as MAJOR * 100 + MINOR
   */
  public record OldFault(int since, String text) {
    /** Whether a kernel of this release has it. */
    public boolean isIn(String release) {
      String[] numbers = release.split("[.-]");
      return Integer.parseInt(numbers[0]) * 100 + Integer.parseInt(numbers[1]) < since;
    }
  }

  /** A case on one node that no kernel should fail. */
  public static Selftest testCase(String id, String name, Body body) {
    return new Selftest(id, name, 1, null, body);
  }

  /** The same on a machine of so many nodes. */
  public Selftest onNodes(int count) {
    return new Selftest(id, name, count, fault, body);
  }

  /** The same, which kernels before a version fail. */
  public Selftest since(int version, String text) {
    return new Selftest(id, name, nodes, new OldFault(version, text), body);
  }
}
