// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

/** Which statements are made up, beside those that every machine can do. */
public enum Repertoire {
  /** None: pages stay in their frames, and are small. */
  USUAL(false, false, false),

  /**
   * All: pages are migrated, swapped out and taken out of use, and huge ones made and split, on
   * machines with two nodes and with swap.
   */
  MOVING(true, true, true),

  /**
   * Those whose outcome is the same each time on a kernel with one node and no swap: huge pages,
   * advice that ages and gives away pages, and migration that finds its pages where they shall be.
   */
  KERNEL(true, false, false),

  /** The same, and pages of anonymous memory are swapped out, on a kernel with swap. */
  SWAPPING_KERNEL(true, true, false);

  private final boolean huge;
  private final boolean swap;
  private final boolean choosesMachine;

  Repertoire(boolean huge, boolean swap, boolean choosesMachine) {
    this.huge = huge;
    this.swap = swap;
    this.choosesMachine = choosesMachine;
  }

  /** Whether huge pages are made, used and split, and advice ages pages and gives them away. */
  boolean huge() {
    return huge;
  }

  /** Whether pages are swapped out. */
  boolean swap() {
    return swap;
  }

  /** Whether machines are made up, with as many nodes and as much swap as is wanted. */
  boolean choosesMachine() {
    return choosesMachine;
  }

  /** Whether what a kernel does not do the same each time is left out. */
  boolean isKernels() {
    return huge && !choosesMachine;
  }
}
