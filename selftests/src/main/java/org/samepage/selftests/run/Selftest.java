// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.run;

import org.jspecify.annotations.Nullable;
import org.samepage.machine.SyscallException;

/**
 * One case.
 *
 * @param id as in the map of upstream's cases: {@code KF-01}
 * @param name upstream's text for its result
 * @param wants what its machine has, where one can choose
 * @param fault what kernels before a version do wrong; null where all do right
 */
public record Selftest(String id, String name, Wants wants, @Nullable OldFault fault, Body body) {
  /** What a case does. */
  @FunctionalInterface
  public interface Body {
    void run(TestRun t) throws SyscallException;
  }

  /**
   * What a machine should have for a case; a real one has what it has.
   *
   * @param nodes of NUMA
   * @param swap whether there is some, and pages can be sent there
   */
  public record Wants(int nodes, boolean swap) {}

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
    return new Selftest(id, name, new Wants(1, false), null, body);
  }

  /** The same on a machine of so many nodes. */
  public Selftest onNodes(int count) {
    return new Selftest(id, name, new Wants(count, wants.swap), fault, body);
  }

  /** The same on a machine with swap. */
  public Selftest withSwap() {
    return new Selftest(id, name, new Wants(wants.nodes, true), fault, body);
  }

  /** The same, which kernels before a version fail. */
  public Selftest since(int version, String text) {
    return new Selftest(id, name, wants, new OldFault(version, text), body);
  }
}
