// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.samepage.app.output.SafeFile;
import picocli.CommandLine.Option;

/** Where the rows of a command go: a table on standard output, or a document. */
final class JsonOption {
  @Option(
      names = "--json",
      paramLabel = "FILE|-",
      description = "Write the rows as a document; '-' prints it.")
  private @Nullable String json;

  /** Whether a document is wanted, not a table. */
  boolean isGiven() {
    return json != null;
  }

  /** Finds out what cannot be written, before anything runs. */
  void check() {
    if (json != null && !json.equals("-")) {
      var _ = SafeFile.check(Path.of(json));
    }
  }

  /** Gives the rows out in the form that is wanted. */
  void write(PrintWriter out, Consumer<PrintWriter> table, Supplier<String> document) {
    if (json == null) {
      table.accept(out);
    } else if (json.equals("-")) {
      out.println(document.get());
    } else {
      SafeFile.write(Path.of(json), document.get() + "\n");
    }
  }
}
