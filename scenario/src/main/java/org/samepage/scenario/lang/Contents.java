// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import java.util.stream.Stream;

/** Reads what pages hold. */
final class Contents {
  private static final int MAX_BYTE = 255;

  private Contents() {}

  static Content parse(Tokens tokens, String word) throws ScenarioException {
    if (word.equals("zero")) {
      return new Content.Bytes(0);
    }
    int equals = word.indexOf('=');
    String key = equals < 0 ? word : word.substring(0, equals);
    String value = equals < 0 ? "" : word.substring(equals + 1);
    return switch (key) {
      case "byte" -> new Content.Bytes(byteValue(tokens, value));
      case "id" -> new Content.Id(tokens.number(value, "id"));
      case "seq" -> new Content.Sequence(tokens.number(value, "seq"));
      case "cycle" -> cycle(tokens, value);
      default ->
          throw tokens.unknown(
              "content", word, Stream.of("zero", "byte=B", "id=N", "seq=N", "cycle=K"));
    };
  }

  private static Content cycle(Tokens tokens, String value) throws ScenarioException {
    long period = tokens.number(value, "cycle");
    if (period < 1) {
      throw tokens.error("cycle takes at least 1");
    }
    return new Content.Cycle(period);
  }

  static int byteValue(Tokens tokens, String value) throws ScenarioException {
    long number = tokens.number(value, "the byte");
    if (number > MAX_BYTE) {
      throw tokens.error("a byte is 0 to 255, not " + value);
    }
    return (int) number;
  }
}
