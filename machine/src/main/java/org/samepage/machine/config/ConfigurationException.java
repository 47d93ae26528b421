// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.config;

/** The user's configuration cannot be used; the message says where and why, and what would do. */
public final class ConfigurationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ConfigurationException(String message) {
    super(message);
  }
}
