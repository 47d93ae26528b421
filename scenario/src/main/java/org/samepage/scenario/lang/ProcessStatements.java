// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.units.PageUnits;

/** Reads {@code P VERB …}. */
final class ProcessStatements {
  private static final List<String> VERBS =
      List.of(
          "mmap",
          "munmap",
          "mremap",
          "mprotect",
          "madvise",
          "mlock",
          "munlock",
          "prctl",
          "write",
          "poke",
          "touch",
          "check",
          "migrate",
          "swapout",
          "offline",
          "fork",
          "exit");

  private static final Pattern RANGE =
      Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)(?:\\[([^.\\]]+)(?:\\.\\.([^\\]]+))?\\])?");
  private static final Pattern ADDRESS =
      Pattern.compile("([A-Za-z0-9_]+)(\\.end)?(?:([+-])([A-Za-z0-9]+))?");

  private final Tokens tokens;
  private final String process;

  ProcessStatements(Tokens tokens, String process) {
    this.tokens = tokens;
    this.process = process;
  }

  Action parse() throws ScenarioException {
    String verb = tokens.next("a verb");
    return switch (verb) {
      case "mmap" -> mmap();
      case "munmap" -> new Action.Munmap(process, range());
      case "mremap" -> mremap();
      case "mprotect" -> new Action.Mprotect(process, range(), protection(tokens.next("PROT")));
      case "madvise" -> new Action.Madvise(process, range(), advice());
      case "mlock" -> new Action.Mlock(process, range(), true);
      case "munlock" -> new Action.Mlock(process, range(), false);
      case "prctl" -> prctl();
      case "write" ->
          new Action.Write(process, pages(range()), Contents.parse(tokens, tokens.next("content")));
      case "poke" ->
          new Action.Poke(
              process, pages(range()), Contents.byteValue(tokens, tokens.next("a byte")));
      case "touch" -> new Action.Touch(process, pages(range()));
      case "check" -> check();
      case "migrate" -> migrate();
      case "swapout" -> new Action.Swapout(process, pages(range()));
      case "offline" -> new Action.Offline(process, pages(range()));
      case "fork" -> new Action.Fork(process, StatementParser.processName(tokens));
      case "exit" -> new Action.Exit(process);
      default -> throw tokens.unknown("statement", process + " " + verb, verbs());
    };
  }

  private Stream<String> verbs() {
    return VERBS.stream().map(verb -> process + " " + verb);
  }

  private Action mmap() throws ScenarioException {
    String name = tokens.name("a mapping");
    long size = tokens.number("the size");
    Protection protection = Protection.RW;
    boolean shared = false;
    boolean noreserve = false;
    boolean populate = false;
    Address at = null;
    String file = null;
    long offset = 0;
    while (tokens.hasNext()) {
      String word = tokens.next("an option");
      int equals = word.indexOf('=');
      String value = equals < 0 ? "" : word.substring(equals + 1);
      switch (equals < 0 ? word : word.substring(0, equals + 1)) {
        case "prot=" -> protection = protection(value);
        case "shared" -> shared = true;
        case "noreserve" -> noreserve = true;
        case "populate" -> populate = true;
        case "at=" -> at = address(value);
        case "file=" -> file = value;
        case "offset=" -> offset = tokens.number(value, "offset");
        default ->
            throw tokens.unknown(
                "option",
                word,
                Stream.of("prot=", "shared", "noreserve", "populate", "at=", "file=", "offset="));
      }
    }
    return new Action.Mmap(
        process, name, size, protection, shared, noreserve, populate, at, file, offset);
  }

  private Action mremap() throws ScenarioException {
    Range range = range();
    long size = tokens.number("the new size");
    boolean move = false;
    boolean dontunmap = false;
    Address to = null;
    String as = null;
    while (tokens.hasNext()) {
      String word = tokens.next("an option");
      if (word.equals("move")) {
        move = true;
      } else if (word.equals("dontunmap")) {
        dontunmap = true;
      } else if (word.startsWith("to=")) {
        to = address(word.substring(3));
      } else if (word.startsWith("as=")) {
        as = mappingName(word.substring(3));
      } else {
        throw tokens.unknown("option", word, Stream.of("move", "to=", "dontunmap", "as="));
      }
    }
    if ((to != null || dontunmap) && !move) {
      throw tokens.error("to= and dontunmap need move");
    }
    return new Action.Mremap(process, range, size, move, to, dontunmap, as);
  }

  private String mappingName(String word) throws ScenarioException {
    if (!Tokens.isName(word)) {
      throw tokens.error("a mapping must be a name of letters, digits and _, not " + word);
    }
    return word;
  }

  private Action migrate() throws ScenarioException {
    Range range = pages(range());
    if (!tokens.hasNext()) {
      return new Action.Migrate(process, range, null);
    }
    String word = tokens.next("node=N");
    if (!word.startsWith("node=")) {
      throw tokens.unknown("option", word, Stream.of("node="));
    }
    long node = tokens.number(word.substring("node=".length()), "node");
    return new Action.Migrate(process, range, (int) Math.min(node, Integer.MAX_VALUE));
  }

  private Action prctl() throws ScenarioException {
    String option = tokens.next("MEMORY_MERGE");
    if (!option.equals("MEMORY_MERGE")) {
      throw tokens.unknown("option of prctl", option, Stream.of("MEMORY_MERGE"));
    }
    return new Action.PrctlMemoryMerge(process, tokens.number("0 or 1"));
  }

  private Action check() throws ScenarioException {
    String rangeText = tokens.next("a range");
    String contentText = tokens.next("content");
    return new Action.Check(
        process,
        pages(range(rangeText)),
        Contents.parse(tokens, contentText),
        rangeText,
        contentText);
  }

  private Protection protection(String word) throws ScenarioException {
    return tokens.choice(word, "protection", List.of(Protection.values()), Protection::word);
  }

  private Advice advice() throws ScenarioException {
    return tokens.choice(tokens.next("advice"), "advice", List.of(Advice.values()), Advice::name);
  }

  private Range range() throws ScenarioException {
    return range(tokens.next("a range"));
  }

  private Range range(String word) throws ScenarioException {
    Matcher matcher = RANGE.matcher(word);
    if (!matcher.matches()) {
      throw tokens.error("a range is NAME, NAME[a..b] or NAME[a], not " + word);
    }
    String mapping = matcher.group(1);
    String first = matcher.group(2);
    if (first == null) {
      return new Range(mapping, 0, Range.WHOLE);
    }
    long from = tokens.number(first, "the range's start");
    String last = matcher.group(3);
    long to = last == null ? from + PageUnits.PAGE_SIZE : tokens.number(last, "the range's end");
    if (to < from) {
      throw tokens.error("the range " + word + " ends before it starts");
    }
    return new Range(mapping, from, to);
  }

  /** The range, if it is made of whole pages. */
  private Range pages(Range range) throws ScenarioException {
    if (!range.isWhole()
        && !(PageUnits.isPageAligned(range.from()) && PageUnits.isPageAligned(range.to()))) {
      throw tokens.error("the range must be made of whole pages of 4096 bytes");
    }
    return range;
  }

  private Address address(String word) throws ScenarioException {
    Matcher matcher = ADDRESS.matcher(word);
    if (!matcher.matches()) {
      throw tokens.error(
          "an address is a number, NAME or NAME.end, with +N or -N behind it, not " + word);
    }
    long offset = offset(matcher.group(3), matcher.group(4));
    String base = matcher.group(1);
    if (Tokens.isName(base)) {
      return new Address(base, matcher.group(2) != null, offset);
    }
    if (matcher.group(2) != null) {
      throw tokens.error(".end goes with a name, not with " + base);
    }
    return new Address(null, false, tokens.number(base, "the address") + offset);
  }

  private long offset(@Nullable String sign, @Nullable String number) throws ScenarioException {
    if (sign == null || number == null) {
      return 0;
    }
    long value = tokens.number(number, "the offset");
    return sign.equals("-") ? -value : value;
  }
}
