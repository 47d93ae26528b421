// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.desk;

import java.util.stream.Collectors;
import org.samepage.labs.task.EntryReader;

/** {@code read}: a word in hex on each line; the answer has a line for each. */
final class EntryDesk {
  private static final int HEX = 16;

  private EntryDesk() {}

  static String answer(EntryReader reader, String body) {
    return body.lines()
        .map(word -> reader.read(Long.parseUnsignedLong(word, HEX)))
        .map(said -> String.valueOf(said).replace('\n', ' '))
        .collect(Collectors.joining("\n"));
  }
}
