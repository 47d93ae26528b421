// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.samepage.machine.config.NearestNames;

/** The words of one line, taken one after the other; what does not fit ends in an error. */
final class Tokens {
  private static final Pattern SPACES = Pattern.compile(" +");
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  private final String file;
  private final int line;
  private final List<String> words;
  private int next;

  Tokens(String file, int line, String text) {
    this.file = file;
    this.line = line;
    this.words = SPACES.splitAsStream(text).filter(word -> !word.isEmpty()).toList();
  }

  boolean hasNext() {
    return next < words.size();
  }

  /** The next word, which the message calls {@code what} where there is none. */
  String next(String what) throws ScenarioException {
    if (!hasNext()) {
      throw error("expected " + what + " at the end of the line");
    }
    return words.get(next++);
  }

  /** The words from this one on, or from one with this beginning; none where there is neither. */
  List<String> cutAt(String word, String beginning) {
    for (int at = 0; at < words.size(); at++) {
      if (words.get(at).equals(word) || words.get(at).startsWith(beginning)) {
        return words.subList(at, words.size());
      }
    }
    return List.of();
  }

  String name(String what) throws ScenarioException {
    String word = next(what);
    if (!isName(word)) {
      throw error(what + " must be a name of letters, digits and _, not " + word);
    }
    return word;
  }

  static boolean isName(String word) {
    return NAME.matcher(word).matches();
  }

  long number(String what) throws ScenarioException {
    return number(next(what), what);
  }

  long number(String word, String what) throws ScenarioException {
    try {
      return Numbers.parse(word);
    } catch (NumberFormatException e) {
      throw error(
          "%s must be a number (decimal or 0x…, with K M G T or p behind it), not %s"
              .formatted(what, word));
    }
  }

  /** The constant whose word this is. */
  <T> T choice(String word, String what, List<T> choices, Function<T, String> as)
      throws ScenarioException {
    for (T choice : choices) {
      if (as.apply(choice).equals(word)) {
        return choice;
      }
    }
    throw unknown(what, word, choices.stream().map(as));
  }

  /** {@code unknown WHAT WORD; there are …}. */
  ScenarioException unknown(String what, String word, Stream<String> choices) {
    List<String> all = choices.toList();
    String hint = all.size() > 12 ? NearestNames.sentence(word, all) + " " : "";
    return error(
        "unknown %s %s; %sthere are %s"
            .formatted(what, word, hint, all.stream().collect(Collectors.joining(", "))));
  }

  void end() throws ScenarioException {
    if (hasNext()) {
      throw error("nothing may follow here, but there is " + words.get(next));
    }
  }

  ScenarioException error(String problem) {
    return new ScenarioException(file, line, problem);
  }
}
