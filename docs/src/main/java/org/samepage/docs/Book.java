// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Puts the book's sources together: the pages, what commands print, pictures, generated pages.
 *
 * <p>{@code docs/commands.txt} has a line for each command: the file that a page includes, and the
 * command. Nothing that a command prints is written down anywhere else.
 */
public final class Book {
  private final Path root;
  private final Path book;

  Book(Path root, Path book) {
    this.root = root;
    this.book = book;
  }

  /**
   * Writes it.
   *
   * @param args the project's folder, and the folder to write to
   */
  public static void main(String[] args) throws IOException {
    new Book(Path.of(args[0]).toAbsolutePath(), Path.of(args[1]).toAbsolutePath()).write();
  }

  /** A line of {@code docs/commands.txt}. */
  record Run(String file, String command) {}

  static List<Run> runs(Path root) throws IOException {
    List<Run> runs = new ArrayList<>();
    for (String line : Files.readAllLines(root.resolve("docs/commands.txt"))) {
      if (!line.isBlank() && !line.startsWith("#")) {
        int colon = line.indexOf(": ");
        runs.add(new Run(line.substring(0, colon), line.substring(colon + 2)));
      }
    }
    return runs;
  }

  /** The pages in docs, by their path in it. */
  static List<Path> pages(Path root) throws IOException {
    Path docs = root.resolve("docs");
    try (Stream<Path> files = Files.walk(docs)) {
      return files
          .filter(file -> file.toString().endsWith(".adoc"))
          .map(docs::relativize)
          .filter(file -> !file.startsWith("target") && !file.startsWith("src"))
          .sorted()
          .toList();
    }
  }

  /** The files that this writes beside the pages, by their path in the book. */
  static List<String> generated() {
    return List.of(
        "reference/command-line.adoc",
        "reference/exit-codes.adoc",
        "reference/configuration.adoc",
        "reference/sysfs.adoc",
        "reference/trace-points.adoc",
        "reference/claims.adoc");
  }

  void write() throws IOException {
    for (Path page : pages(root)) {
      Path target = book.resolve(page);
      Files.createDirectories(Objects.requireNonNull(target.getParent()));
      Files.copy(root.resolve("docs").resolve(page), target, StandardCopyOption.REPLACE_EXISTING);
    }
    Path out = Files.createDirectories(book.resolve("out"));
    Samepage samepage = new Samepage(root);
    for (Run run : runs(root)) {
      Samepage.Printed printed = samepage.run(run.command, out);
      if (printed.code() > 1) {
        throw new IllegalStateException(printed.session());
      }
      Files.writeString(out.resolve(run.file), printed.session());
    }
    Files.createDirectories(book.resolve("reference"));
    generate("reference/command-line.adoc", ReferencePages.commandLine());
    generate("reference/exit-codes.adoc", ReferencePages.exitCodes());
    generate("reference/configuration.adoc", ReferencePages.configuration());
    generate("reference/sysfs.adoc", ReferencePages.sysfs());
    generate("reference/trace-points.adoc", ReferencePages.tracePoints());
    generate("reference/claims.adoc", new ClaimsPage(root, out).page());
  }

  private void generate(String name, String page) throws IOException {
    Files.writeString(book.resolve(name), page);
  }
}
