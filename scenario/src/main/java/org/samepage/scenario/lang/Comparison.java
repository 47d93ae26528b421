// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

/** Comparisons of an expectation. */
public enum Comparison {
  EQUAL("=="),
  NOT_EQUAL("!="),
  LESS("<"),
  AT_MOST("<="),
  GREATER(">"),
  AT_LEAST(">=");

  private final String sign;

  Comparison(String sign) {
    this.sign = sign;
  }

  public String sign() {
    return sign;
  }

  public boolean holds(long seen, long number) {
    return switch (this) {
      case EQUAL -> seen == number;
      case NOT_EQUAL -> seen != number;
      case LESS -> seen < number;
      case AT_MOST -> seen <= number;
      case GREATER -> seen > number;
      case AT_LEAST -> seen >= number;
    };
  }
}
