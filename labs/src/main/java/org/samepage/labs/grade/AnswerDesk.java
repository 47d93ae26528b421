// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.grade;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where a student's code answers. */
interface AnswerDesk extends AutoCloseable {
  /** An answer that did not come in time. */
  final class TooLongException extends Exception {
    private static final long serialVersionUID = 1L;
  }

  /** Opens one for compiled classes. */
  @FunctionalInterface
  interface Opener {
    AnswerDesk open(Path classes, String className) throws IOException;
  }

  /**
   * Asks.
   *
   * @return the answer; null where the process has ended instead, or said what is no answer
   * @throws TooLongException after that many seconds without one
   */
  @Nullable String ask(String request, long seconds) throws TooLongException;

  /** Why there was no answer: what comes after "the process". */
  String ending();

  @Override
  void close();
}
