// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

/** Constants as a file has them: by their place, so that new ones go to the end of their enum. */
final class Codes {
  private Codes() {}

  @SuppressWarnings("EnumOrdinal") // the file's format says so
  static int of(Enum<?> constant) {
    return constant.ordinal();
  }
}
