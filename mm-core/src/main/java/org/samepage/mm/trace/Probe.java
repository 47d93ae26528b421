// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.trace;

/** Is told of events. */
public interface Probe {
  /** Whether it wants to be told. Asked before each event. */
  default boolean isEnabled() {
    return true;
  }
}
