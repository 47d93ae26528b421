// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The pages as chapters of one document, for paper.
 *
 * <p>A link to a chapter leads there and not to a file beside the document; one to a page or a file
 * that is none of its chapters names it. Pictures get a width, so that their text is as large in
 * each.
 */
final class OneDocument {
  /** The one that includes the others. */
  static final String MASTER = "samepage.adoc";

  private static final Pattern CHAPTER = Pattern.compile("include::([\\w./-]+\\.adoc)\\[");
  private static final Pattern LINK =
      Pattern.compile("(?:xref|link):(?!https?:)([\\w./-]+)(?:#[\\w-]+)?\\[([^\\]]*)]");
  private static final Pattern TITLE = Pattern.compile("(?m)^= ");
  private static final Pattern PICTURE =
      Pattern.compile("image::\\{out}/([\\w-]+\\.svg)\\[([^\\]]*)]");
  private static final Pattern WIDTH = Pattern.compile("<svg [^>]*width=\"(\\d+)\"");

  /** What a pixel of a picture is on paper [pt]; its text is then a bit smaller than code. */
  private static final double POINTS = 0.6;

  /** How wide the text of a page is [pt]. */
  private static final int WIDEST = 498;

  private final Set<Path> chapters = new LinkedHashSet<>();
  private final Path out;

  /**
   * A document.
   *
   * @param master the text that includes the chapters
   * @param out where the pictures are
   */
  OneDocument(String master, Path out) {
    this.out = out;
    CHAPTER.matcher(master).results().forEach(m -> chapters.add(Path.of(m.group(1))));
  }

  /** The chapters in their order, by their paths in docs. */
  Set<Path> chapters() {
    return chapters;
  }

  /** A page as a chapter. */
  String chapter(Path page, String text) throws IOException {
    String anchored =
        TITLE.matcher(text).replaceFirst(Matcher.quoteReplacement("[#" + id(page) + "]\n= "));
    String linked =
        LINK.matcher(anchored)
            .replaceAll(link -> Matcher.quoteReplacement(to(page, link.group(1), link.group(2))));
    StringBuilder sized = new StringBuilder();
    Matcher picture = PICTURE.matcher(linked);
    while (picture.find()) {
      String width = ",pdfwidth=%dpt".formatted(width(out.resolve(picture.group(1))));
      picture.appendReplacement(
          sized,
          Matcher.quoteReplacement(
              "image::{out}/%s[%s%s]".formatted(picture.group(1), picture.group(2), width)));
    }
    return picture.appendTail(sized).toString();
  }

  private String to(Path page, String target, String text) {
    Path parent = page.getParent();
    Path path = (parent == null ? Path.of(target) : parent.resolve(target)).normalize();
    if (chapters.contains(path)) {
      return "xref:#%s[%s]".formatted(id(path), text);
    }
    Path ofRoot = Path.of("docs").resolve(path).normalize();
    return "%s (`%s`)".formatted(text, ofRoot.toString().replace('\\', '/'));
  }

  private static String id(Path page) {
    return "page-" + page.toString().replaceFirst("\\.adoc$", "").replaceAll("\\W", "-");
  }

  private static int width(Path svg) throws IOException {
    Matcher width = WIDTH.matcher(Files.readString(svg));
    return width.find()
        ? (int) Math.min(WIDEST, Math.round(Integer.parseInt(width.group(1)) * POINTS))
        : WIDEST;
  }

  /** Ids of a document that a link leads to and that are not there. */
  static List<String> dangling(String document) {
    Set<String> ids = new TreeSet<>();
    Pattern.compile("\\[#([\\w-]+)]").matcher(document).results().forEach(m -> ids.add(m.group(1)));
    return Pattern.compile("xref:#([\\w-]+)\\[")
        .matcher(document)
        .results()
        .map(m -> m.group(1))
        .filter(id -> !ids.contains(id))
        .distinct()
        .toList();
  }
}
