// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

/** What the pages of a range hold: page i, from 0, holds... */
public sealed interface Content {
  /** ...bytes of one value. */
  record Bytes(int value) implements Content {}

  /** ...one pattern, each page the same. */
  record Id(long pattern) implements Content {}

  /** ...pattern {@code first + i}. */
  record Sequence(long first) implements Content {}

  /** ...pattern {@code i mod period}; the period is at least 1. */
  record Cycle(long period) implements Content {}
}
