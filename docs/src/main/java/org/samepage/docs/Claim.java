// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.samepage.docs.Samepage.Printed;

/**
 * A sentence that somebody wrote, and what checks it.
 *
 * @param steps commands
 * @param tests {@code CLASS#METHOD}, where a command cannot bring it about
 * @param verdict what came of it, in our words
 */
record Claim(
    String id,
    String seed,
    String who,
    String says,
    List<Step> steps,
    List<String> tests,
    String verdict) {
  /**
   * A command and what must be on its lines, in this order.
   *
   * @param prints at least one
   */
  record Step(String run, List<String> prints) {
    /** The lines that were looked for; empty where one is not there. */
    List<String> shown(Printed printed) {
      Set<Integer> starts = new LinkedHashSet<>();
      String text = printed.text();
      int at = 0;
      for (String wanted : prints) {
        Matcher found = whole(wanted).matcher(text);
        if (!found.find(at)) {
          return List.of();
        }
        starts.add(text.lastIndexOf('\n', found.start()) + 1);
        at = found.end();
      }
      return starts.stream()
          .map(start -> text.substring(start).lines().findFirst().orElse("").strip())
          .toList();
    }

    /** A figure is not the beginning or the end of a longer one. */
    private static Pattern whole(String wanted) {
      return Pattern.compile(
          (Character.isDigit(wanted.charAt(0)) ? "(?<!\\d)(?<!\\d,)" : "")
              + Pattern.quote(wanted)
              + (Character.isDigit(wanted.charAt(wanted.length() - 1)) ? "(?!,?\\d)" : ""));
    }
  }

  /** All of the ledger; a block that lacks something is an error. */
  static List<Claim> read(Path file) throws IOException {
    List<Claim> claims = new ArrayList<>();
    String[] blocks = Files.readString(file).split("(?m)^== ");
    for (int i = 1; i < blocks.length; i++) {
      claims.add(parse(blocks[i]));
    }
    return claims;
  }

  private static Claim parse(String block) {
    List<String> lines = block.lines().filter(line -> !line.isBlank()).toList();
    Map<String, String> fields = new TreeMap<>();
    List<Step> steps = new ArrayList<>();
    List<String> tests = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      int colon = line.indexOf(": ");
      String key = line.substring(0, colon);
      String value = line.substring(colon + 2);
      switch (key) {
        case "run" -> steps.add(new Step(value, new ArrayList<>()));
        case "test" -> tests.add(value);
        case "prints" -> steps.getLast().prints.add(value);
        default -> fields.put(key, value);
      }
    }
    String id = lines.getFirst();
    if (!fields.keySet().equals(Set.of("seed", "who", "says", "verdict"))
        || (steps.isEmpty() && tests.isEmpty())
        || steps.stream().anyMatch(step -> step.prints.isEmpty())) {
      throw new IllegalArgumentException(
          "claim %s needs seed, who, says, verdict, and a test or a run with what it prints"
              .formatted(id));
    }
    return new Claim(
        id,
        fields.getOrDefault("seed", ""),
        fields.getOrDefault("who", ""),
        fields.getOrDefault("says", ""),
        steps,
        tests,
        fields.getOrDefault("verdict", ""));
  }
}
