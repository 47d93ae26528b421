// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

/**
 * The callbacks that operations may have.
 *
 * <p>Having one that does nothing is not the same as not having it: what is absent changes how far
 * down the walk goes.
 */
public enum WalkCallback {
  PGD_ENTRY(1 << 0),
  P4D_ENTRY(1 << 1),
  PUD_ENTRY(1 << 2),
  PMD_ENTRY(1 << 3),
  PTE_ENTRY(1 << 4),
  PTE_HOLE(1 << 5),
  HUGETLB_ENTRY(1 << 6),
  TEST_WALK(1 << 7),
  PRE_VMA(1 << 8),
  POST_VMA(1 << 9),
  INSTALL_PTE(1 << 10);

  private final int mask;

  WalkCallback(int mask) {
    this.mask = mask;
  }

  int mask() {
    return mask;
  }
}
