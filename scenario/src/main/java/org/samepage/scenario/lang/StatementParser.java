// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;

/** Reads one line: the global statements; those of a process are in {@link ProcessStatements}. */
final class StatementParser {
  /** The words that statements begin with. */
  static final List<String> GLOBAL_WORDS =
      List.of("process", "file", "ksm", "scan", "expect", "show", "machine");

  /** What a subject may begin with, and so no process may be named either. */
  private static final String WORK = "work";

  private static final String EXPECT_UNDER = "expect@";
  private static final String ARROW = "=>";
  private static final String ARROW_UNDER = "=>@";
  private static final long MAX_BATCH = 4_294_967_294L;
  private static final Set<String> SIGNALS = Set.of("SIGSEGV", "SIGBUS");

  private final int line;
  private final String text;
  private final Tokens tokens;
  private final @Nullable String expectedError;
  private final List<String> failingProfiles;

  StatementParser(String file, int line, String text) throws ScenarioException {
    this.line = line;
    this.text = text;
    Tokens all = new Tokens(file, line, text);
    List<String> behind = all.cutAt(ARROW, ARROW_UNDER);
    if (behind.isEmpty()) {
      this.tokens = all;
      this.expectedError = null;
      this.failingProfiles = List.of();
    } else {
      this.tokens = new Tokens(file, line, text.substring(0, text.indexOf(ARROW)).strip());
      this.expectedError = expectedError(all, behind);
      String arrow = behind.getFirst();
      this.failingProfiles = arrow.equals(ARROW) ? List.of() : profiles(all, arrow, ARROW_UNDER);
    }
  }

  private static String expectedError(Tokens all, List<String> behind) throws ScenarioException {
    if (behind.size() != 2) {
      throw all.error("=> takes one error: an errno such as EINVAL, or SIGSEGV, SIGBUS");
    }
    String error = behind.get(1);
    Map<String, Integer> known = Errno.byName();
    if (!known.containsKey(error) && !SIGNALS.contains(error)) {
      TreeSet<String> choices = new TreeSet<>(known.keySet());
      choices.addAll(SIGNALS);
      throw all.unknown("error", error, choices.stream());
    }
    return error;
  }

  Statement parse() throws ScenarioException {
    String first = tokens.next("a statement");
    Action action =
        switch (first) {
          case "machine" -> new Action.MachineSettings(settings("machine"));
          case "process" -> new Action.StartProcess(processName());
          case "file" -> file();
          case "ksm" -> ksm();
          case "scan" -> scan();
          case "expect" -> expect(List.of());
          case "show" -> show();
          default ->
              first.startsWith(EXPECT_UNDER)
                  ? expect(profiles(tokens, first, EXPECT_UNDER))
                  : ofProcess(first);
        };
    tokens.end();
    if (expectedError != null && !mayFail(action)) {
      throw tokens.error(first + " makes no call that could fail: => has no meaning here");
    }
    return new Statement(line, text, action, expectedError, failingProfiles);
  }

  private static boolean mayFail(Action action) {
    return !(action instanceof Action.StartProcess
        || action instanceof Action.MachineSettings
        || action instanceof Action.MakeFile
        || action instanceof Action.ScanPasses
        || action instanceof Action.ScanPages
        || action instanceof Action.Expect
        || action instanceof Action.Show
        || action instanceof Action.Exit);
  }

  private Action ofProcess(String process) throws ScenarioException {
    if (!Tokens.isName(process)) {
      throw tokens.error("a statement begins with a word or a process, not " + process);
    }
    if (!tokens.hasNext()) {
      throw tokens.error(
          "unknown statement %s; there are %s, and a process with a verb"
              .formatted(process, String.join(", ", GLOBAL_WORDS)));
    }
    return new ProcessStatements(tokens, process).parse();
  }

  private String processName() throws ScenarioException {
    return processName(tokens);
  }

  static String processName(Tokens tokens) throws ScenarioException {
    String name = tokens.name("a process");
    if (GLOBAL_WORDS.contains(name) || name.equals(WORK)) {
      throw tokens.error(name + " is a statement's word and cannot name a process");
    }
    return name;
  }

  private Action file() throws ScenarioException {
    return new Action.MakeFile(
        tokens.name("a file"),
        tokens.number("the file's size"),
        Contents.parse(tokens, tokens.next("content")));
  }

  private Action ksm() throws ScenarioException {
    return new Action.KsmWrite(settings("ksm"));
  }

  private static List<String> profiles(Tokens tokens, String word, String sign)
      throws ScenarioException {
    List<String> profiles = List.of(word.substring(sign.length()).split(",", -1));
    if (profiles.contains("")) {
      throw tokens.error("%s takes profiles with commas between, not %s".formatted(sign, word));
    }
    return profiles;
  }

  private List<Action.Setting> settings(String statement) throws ScenarioException {
    List<Action.Setting> settings = new ArrayList<>();
    do {
      String word = tokens.next("KEY=VALUE");
      int equals = word.indexOf('=');
      if (equals < 1 || equals == word.length() - 1) {
        throw tokens.error(statement + " takes KEY=VALUE, not " + word);
      }
      String value = word.substring(equals + 1);
      settings.add(new Action.Setting(word.substring(0, equals), plain(value)));
    } while (tokens.hasNext());
    return settings;
  }

  /** A number as sysfs reads it; anything else as it is. */
  private static String plain(String value) {
    try {
      return Long.toString(Numbers.parse(value));
    } catch (NumberFormatException e) {
      return value;
    }
  }

  private Action scan() throws ScenarioException {
    String word = tokens.next("a number of passes, or pages=N");
    if (word.startsWith("pages=")) {
      long pages = tokens.number(word.substring("pages=".length()), "pages");
      if (pages < 1 || pages > MAX_BATCH) {
        throw tokens.error("scan pages takes 1 to " + MAX_BATCH);
      }
      return new Action.ScanPages(pages);
    }
    long passes = tokens.number(word, "the number of passes");
    if (passes < 1) {
      throw tokens.error("scan takes at least 1 pass");
    }
    return new Action.ScanPasses(passes);
  }

  private Action expect(List<String> profiles) throws ScenarioException {
    Subject subject = Subjects.parse(tokens, tokens.next("a subject"));
    Comparison comparison =
        tokens.choice(
            tokens.next("a comparison"),
            "comparison",
            List.of(Comparison.values()),
            Comparison::sign);
    String word = tokens.next("a number");
    long number =
        word.startsWith("-")
            ? -tokens.number(word.substring(1), "the number")
            : tokens.number(word, "the number");
    return new Action.Expect(subject, comparison, number, profiles);
  }

  private Action show() throws ScenarioException {
    List<Subject> subjects = new ArrayList<>();
    do {
      subjects.add(Subjects.parse(tokens, tokens.next("a subject")));
    } while (tokens.hasNext());
    return new Action.Show(subjects);
  }
}
