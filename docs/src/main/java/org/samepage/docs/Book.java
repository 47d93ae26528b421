// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Puts the book's sources together: the pages, what commands print, pictures, generated pages.
 *
 * <p>{@code docs/commands.txt} has a line for each command: the file that a page includes, and the
 * command. Nothing that a command prints is written down anywhere else.
 */
public final class Book {
  /** Asciidoctor makes no pages of folders that begin so. */
  static final Path PRINTED = Path.of("_printed");

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

  /** A link from a page to a file of the project that is no page. */
  static final Pattern FILE_LINK = Pattern.compile("link:((?:\\.\\./)+)(scenarios/[\\w./-]+)\\[");

  void write() throws IOException {
    for (Path page : pages(root)) {
      if (!page.endsWith(OneDocument.MASTER)) {
        put(page, withFiles(page, Files.readString(root.resolve("docs").resolve(page))));
      }
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
    print(out);
    addWays();
  }

  /** Below each page of the site: the chapters before and after it, and the first page. */
  private void addWays() throws IOException {
    String master = Files.readString(root.resolve("docs").resolve(OneDocument.MASTER));
    List<Path> chapters = List.copyOf(new OneDocument(master, book).chapters());
    for (int i = 0; i < chapters.size(); i++) {
      Path page = chapters.get(i);
      String up = "../".repeat(page.getNameCount() - 1);
      List<String> ways = new ArrayList<>();
      if (i > 0) {
        ways.add(way("Before: ", up, chapters.get(i - 1)));
      }
      ways.add("xref:%sindex.adoc[All chapters]".formatted(up));
      if (i < chapters.size() - 1) {
        ways.add(way("Next: ", up, chapters.get(i + 1)));
      }
      Path file = book.resolve(page);
      Files.writeString(
          file, Files.readString(file) + "\n'''\n\n" + String.join(" · ", ways) + "\n");
    }
  }

  private String way(String where, String up, Path page) throws IOException {
    String title =
        Files.readAllLines(book.resolve(page)).stream()
            .filter(line -> line.startsWith("= "))
            .findFirst()
            .orElseThrow()
            .substring(2);
    return "%sxref:%s%s[%s]"
        .formatted(where, up, page.toString().replace('\\', '/'), title.replace("]", "\\]"));
  }

  /** The site has the files that a page links to, below its own root, which is the docs' folder. */
  private String withFiles(Path page, String text) throws IOException {
    StringBuilder linked = new StringBuilder();
    Matcher link = FILE_LINK.matcher(text);
    while (link.find()) {
      Path file = book.resolve(link.group(2));
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      Files.copy(root.resolve(link.group(2)), file, StandardCopyOption.REPLACE_EXISTING);
      String up = "../".repeat(page.getNameCount() - 1);
      link.appendReplacement(
          linked, Matcher.quoteReplacement("link:%s%s[".formatted(up, link.group(2))));
    }
    return link.appendTail(linked).toString();
  }

  /** One document, in a folder that does not belong to the site. */
  private void print(Path out) throws IOException {
    String master = Files.readString(root.resolve("docs").resolve(OneDocument.MASTER));
    OneDocument document = new OneDocument(master, out);
    put(PRINTED.resolve(OneDocument.MASTER), master);
    for (Path chapter : document.chapters()) {
      boolean generated = generated().contains(chapter.toString().replace('\\', '/'));
      Path source = (generated ? book : root.resolve("docs")).resolve(chapter);
      put(PRINTED.resolve(chapter), document.chapter(chapter, Files.readString(source)));
    }
  }

  private void put(Path page, String text) throws IOException {
    Path target = book.resolve(page);
    Files.createDirectories(Objects.requireNonNull(target.getParent()));
    Files.writeString(target, text);
  }

  private void generate(String name, String page) throws IOException {
    Files.writeString(book.resolve(name), page);
  }
}
