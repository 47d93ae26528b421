// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Lab 1: read a page table. */
final class EntryLab extends Lab {
  private static final int HIDDEN_WORDS = 12;

  EntryLab() {
    super(1, "Read a page table", "MyEntryReader");
  }

  /** A word, and what it is. */
  record Word(long word, String is) {}

  @Override
  public List<Check> checks(String seed, Map<String, String> files) {
    List<Check> checks = new ArrayList<>();
    checks.add(
        check(
            "nothing, and a page",
            false,
            1,
            List.of(
                new Word(0, "none"),
                new Word(0x8000000000104067L, "page pfn=0x104 write dirty young")),
            "Bit 0 says that a page is there; the frame number is in bits 12 to 51."));
    checks.add(
        check(
            "a guard marker",
            false,
            1,
            List.of(new Word(0xfffffffffffff600L, "marker guard")),
            "It is of type 31: bits 59 to 63. The offset lies inverted in bits 9 to 58."));
    checks.add(
        hidden("pages", seed, 1, Words::page, "Dirty may have moved to bit 58; see the task."));
    checks.add(
        hidden(
            "pages that may not be accessed",
            seed,
            2,
            Words::protnone,
            "Bit 8 without bit 0: a page all the same, with its frame number inverted."));
    checks.add(
        hidden("swap slots", seed, 2, Words::swap, "Types 0 to 27; the offset lies inverted."));
    checks.add(
        hidden(
            "migration entries",
            seed,
            2,
            Words::migration,
            "Types 28 to 30; above the 34 bits of the frame number lie two bits of another kind."));
    checks.add(
        hidden(
            "markers",
            seed,
            1,
            Words::marker,
            "A marker may say several things: bits 0, 1 and 2."));
    return checks;
  }

  /** One kind of words. */
  private interface Kind {
    Word of(Words words);
  }

  private static Check hidden(String name, String seed, int points, Kind kind, String hint) {
    Words words = new Words(new Draw(seed + name, 100));
    Supplier<Word> next = () -> kind.of(words);
    return check(name, true, points, Stream.generate(next).limit(HIDDEN_WORDS).toList(), hint);
  }

  private static Check check(
      String name, boolean hidden, int points, List<Word> words, String hint) {
    StringBuilder request = new StringBuilder("read\n");
    words.forEach(word -> request.append(Long.toHexString(word.word)).append('\n'));
    return new Check(
        name, hidden, points, request.toString(), answer -> judge(words, answer), hint);
  }

  private static Check.@Nullable Finding judge(List<Word> words, String answer) {
    List<String> said = answer.lines().toList();
    for (int i = 0; i < words.size(); i++) {
      String is = words.get(i).is;
      String says = i < said.size() ? said.get(i) : "";
      if (!is.equals(says)) {
        return new Check.Finding("word 0x%016x".formatted(words.get(i).word), is, says);
      }
    }
    return null;
  }
}
