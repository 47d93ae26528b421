// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

/** A scenario cannot be read or run; the message starts with {@code FILE:LINE:}. */
public final class ScenarioException extends Exception {
  private static final long serialVersionUID = 1L;

  public ScenarioException(String file, int line, String problem) {
    super(file + ":" + line + ": " + problem);
  }

  /** A problem with the file as a whole. */
  public ScenarioException(String file, String problem) {
    super(file + ": " + problem);
  }
}
