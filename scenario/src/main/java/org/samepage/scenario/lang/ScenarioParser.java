// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads scenarios. */
public final class ScenarioParser {
  private static final String ENDING = ".scenario";

  private ScenarioParser() {}

  /**
   * Reads a file.
   *
   * @throws ScenarioException where it cannot be read, or a line is wrong
   */
  public static Scenario parse(Path path) throws ScenarioException {
    String shown = path.toString();
    if (Files.isDirectory(path)) {
      throw new ScenarioException(shown, "is a folder, not a scenario");
    }
    if (!Files.exists(path)) {
      throw new ScenarioException(shown, "no such file");
    }
    String text;
    try {
      text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(Files.readAllBytes(path)))
              .toString();
    } catch (CharacterCodingException e) {
      throw new ScenarioException(shown, "is no text in UTF-8");
    } catch (IOException e) {
      throw new ScenarioException(shown, "cannot be read");
    }
    return parse(String.valueOf(path.getFileName()), text);
  }

  /**
   * Reads a text.
   *
   * @param file the name for messages
   */
  public static Scenario parse(String file, String text) throws ScenarioException {
    List<Statement> statements = new ArrayList<>();
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      String line =
          lines[i].endsWith("\r") ? lines[i].substring(0, lines[i].length() - 1) : lines[i];
      int odd = oddCharacter(line);
      if (odd >= 0) {
        throw new ScenarioException(
            file,
            i + 1,
            "character U+%04X is not part of the language".formatted(line.codePointAt(odd)));
      }
      int comment = line.indexOf('#');
      String bare = (comment < 0 ? line : line.substring(0, comment)).replace('\t', ' ').strip();
      if (!bare.isEmpty()) {
        Statement statement = new StatementParser(file, i + 1, bare).parse();
        if (statement.action() instanceof Action.MachineSettings && !statements.isEmpty()) {
          throw new ScenarioException(file, i + 1, "machine must be the first statement");
        }
        statements.add(statement);
      }
    }
    if (statements.isEmpty()) {
      throw new ScenarioException(file, "has no statement");
    }
    String name = file.endsWith(ENDING) ? file.substring(0, file.length() - ENDING.length()) : file;
    return new Scenario(name, file, statements);
  }

  /** Where a control character stands; -1 where there is none. */
  private static int oddCharacter(String line) {
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c != '\t' && Character.isISOControl(c)) {
        return i;
      }
    }
    return -1;
  }
}
