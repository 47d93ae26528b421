// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.output;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.scenario.result.ResultDocument;
import org.samepage.scenario.result.ResultJson;

/** Where result documents go: nowhere, to standard output, to a file, or into a folder. */
public final class DocumentSink {
  private final @Nullable Path file;
  private final @Nullable Path folder;
  private final boolean print;

  private DocumentSink(@Nullable Path file, @Nullable Path folder, boolean print) {
    this.file = file;
    this.folder = folder;
    this.print = print;
  }

  /**
   * The sink that {@code --json} asks for; what cannot be written is found out before anything
   * runs.
   *
   * @param json the option's value; null where it was not given
   */
  public static DocumentSink of(@Nullable String json, List<Path> scenarios) {
    if (json == null) {
      return new DocumentSink(null, null, false);
    }
    if (json.isBlank()) {
      throw new UserMistakeException("--json takes a file, a folder, or - for standard output");
    }
    if (json.equals("-")) {
      return new DocumentSink(null, null, true);
    }
    Path path = Path.of(json);
    return scenarios.size() > 1 || Files.isDirectory(path)
        ? folder(path, scenarios)
        : new DocumentSink(SafeFile.check(path), null, false);
  }

  private static DocumentSink folder(Path folder, List<Path> scenarios) {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new UserMistakeException(
          folder + " is a file; with several scenarios --json takes a folder");
    }
    Map<String, Path> names = new HashMap<>();
    for (Path scenario : scenarios) {
      Path other = names.put(documentName(scenario), scenario);
      if (other != null) {
        throw new UserMistakeException(
            "%s and %s would both be written to %s"
                .formatted(other, scenario, folder.resolve(documentName(scenario))));
      }
    }
    var _ = SafeFile.folder(folder);
    return new DocumentSink(null, folder, false);
  }

  private static String documentName(Path scenario) {
    return String.valueOf(scenario.getFileName()).replaceFirst("\\.scenario$", "") + ".json";
  }

  /** Whether nobody asked for documents. */
  public boolean isNone() {
    return file == null && folder == null && !print;
  }

  /** Whether documents go to standard output, so that nothing else may. */
  public boolean printsDocuments() {
    return print;
  }

  /** Takes one document. */
  public void accept(ResultDocument document, PrintWriter out) {
    if (print) {
      out.println(ResultJson.compact(document));
    } else if (folder != null) {
      SafeFile.write(folder.resolve(document.scenario() + ".json"), ResultJson.pretty(document));
    } else if (file != null) {
      SafeFile.write(file, ResultJson.pretty(document));
    }
  }
}
