// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.docs;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.samepage.app.Main;

/** Runs commands of the command line in this process, as if in the project's folder. */
final class Samepage {
  private final Path root;

  Samepage(Path root) {
    this.root = root;
  }

  /** What a command printed, and its exit code. */
  record Printed(String command, int code, String text) {
    /** As one sees it in a terminal; the exit code where it is not 0. */
    String session() {
      return "$ samepage "
          + command
          + "\n"
          + text
          + (code == 0 ? "" : "(exit code " + code + ")\n");
    }
  }

  /**
   * Runs one.
   *
   * @param command words with spaces between; those that are paths below the project's folder begin
   *     with {@code docs/} or {@code scenarios/}; {@code OUT/} is a folder for what it writes
   */
  Printed run(String command, Path out) {
    List<String> words = new ArrayList<>();
    for (String word : command.split(" ")) {
      boolean ofRoot = word.startsWith("docs/") || word.startsWith("scenarios/");
      words.add(ofRoot ? root.resolve(word).toString() : word.replace("OUT", out.toString()));
    }
    StringWriter text = new StringWriter();
    PrintWriter writer = new PrintWriter(text, true);
    int code = Main.run(writer, writer, words.toArray(String[]::new));
    String printed =
        text.toString().replace(root + "/", "").replace(out + "/", "").replace("\r\n", "\n");
    return new Printed(command.replace("OUT/", ""), code, printed);
  }
}
