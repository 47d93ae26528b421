// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

/** Advice by the kernel's names without MADV_, with their numbers. */
public enum Advice {
  DONTNEED(4),
  FREE(8),
  DONTFORK(10),
  DOFORK(11),
  MERGEABLE(12),
  UNMERGEABLE(13),
  HUGEPAGE(14),
  NOHUGEPAGE(15),
  WIPEONFORK(18),
  KEEPONFORK(19),
  COLD(20),
  PAGEOUT(21),
  POPULATE_READ(22),
  POPULATE_WRITE(23),
  COLLAPSE(25),
  GUARD_INSTALL(102),
  GUARD_REMOVE(103);

  private final int number;

  Advice(int number) {
    this.number = number;
  }

  /** The value that madvise(2) takes. */
  public int number() {
    return number;
  }
}
