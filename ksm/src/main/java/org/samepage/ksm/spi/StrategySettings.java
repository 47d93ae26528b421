// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.spi;

import java.util.Map;

/**
 * What a configuration says below {@code ext}: the settings of strategies that have some, by the
 * key {@code ext.POINT.STRATEGY.NAME}. A strategy has this injected; each key, with its default, is
 * in the {@code reference.conf} of the jar that the strategy is in.
 */
public final class StrategySettings {
  private final Map<String, String> values;

  /** Settings by their whole keys. */
  public StrategySettings(Map<String, String> values) {
    this.values = Map.copyOf(values);
  }

  /** A setting cannot be used; the message is for who has made it. */
  public static final class BadSettingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadSettingException(String message) {
      super(message);
    }
  }

  /**
   * The value of a key.
   *
   * @throws BadSettingException where no configuration has it
   */
  public String text(String key) {
    String value = values.get(key);
    if (value == null) {
      throw new BadSettingException(key + " has no value; a default belongs into reference.conf");
    }
    return value;
  }

  /**
   * The value of a key, as a whole number.
   *
   * @throws BadSettingException where it is none, or not from {@code least} to {@code most}
   */
  public long whole(String key, long least, long most) {
    String value = text(key);
    try {
      long number = Long.parseLong(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // as wrong as one out of bounds
    }
    throw new BadSettingException(
        "%s takes a whole number from %d to %d, not %s".formatted(key, least, most, value));
  }
}
