// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samepage.scenario.lang.Action;
import org.samepage.scenario.lang.Advice;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.lang.Statement;

/** What a page quotes, links to or includes is there; and each command of the book runs. */
final class BookTest {
  private static final Path ROOT = Path.of(System.getProperty("samepage.root"));
  private static final Pattern QUOTE =
      Pattern.compile("include::\\{root}/([^\\[]+)\\[(?:.*?tag=([\\w-]+))?.*?]");
  private static final Pattern PRINTED = Pattern.compile("(?:include|image)::\\{out}/([^\\[]+)\\[");
  private static final Pattern LINK =
      Pattern.compile("(?:xref:|link:)([\\w./-]+\\.adoc)(?:#[^\\[]*)?\\[");
  private static final Pattern CHAPTER = Pattern.compile("include::([\\w./-]+\\.adoc)\\[");

  @TempDir Path book;

  private static List<String> matches(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(m -> m.group(1)).toList();
  }

  @Test
  void every_quoted_tag_and_file_is_there() throws Exception {
    List<String> wrong = new ArrayList<>();
    int quotes = 0;
    for (Path page : Book.pages(ROOT)) {
      Matcher quote = QUOTE.matcher(Files.readString(ROOT.resolve("docs").resolve(page)));
      while (quote.find()) {
        quotes++;
        Path source = ROOT.resolve(quote.group(1));
        String tag = quote.group(2);
        String text = Files.exists(source) ? Files.readString(source) : "";
        boolean there =
            tag == null
                ? !text.isEmpty()
                : text.contains("tag::" + tag + "[]") && text.contains("end::" + tag + "[]");
        if (!there) {
          wrong.add(page + ": " + quote.group());
        }
      }
    }
    assertThat(quotes).isGreaterThan(10);
    assertThat(wrong).isEmpty();
  }

  @Test
  void every_tag_in_the_sources_is_quoted() throws Exception {
    StringBuilder pages = new StringBuilder();
    for (Path page : Book.pages(ROOT)) {
      pages.append(Files.readString(ROOT.resolve("docs").resolve(page)));
    }
    List<String> unused = new ArrayList<>();
    try (Stream<Path> files = Files.walk(ROOT)) {
      for (Path file :
          files.filter(f -> f.toString().matches(".*/src/main/java/.*\\.java")).toList()) {
        for (String tag :
            matches(Pattern.compile("// tag::([\\w-]+)\\["), Files.readString(file))) {
          if (!pages.toString().contains("tag=" + tag)) {
            unused.add(file.getFileName() + ": " + tag);
          }
        }
      }
    }
    assertThat(unused).isEmpty();
  }

  @Test
  void every_link_to_a_page_leads_to_one() throws Exception {
    Set<Path> there = new TreeSet<>(Book.pages(ROOT));
    Book.generated().forEach(name -> there.add(Path.of(name)));
    List<String> wrong = new ArrayList<>();
    for (Path page : Book.pages(ROOT)) {
      String text = Files.readString(ROOT.resolve("docs").resolve(page));
      for (String link :
          Stream.concat(matches(LINK, text).stream(), matches(CHAPTER, text).stream()).toList()) {
        Path target = (page.getParent() == null ? Path.of("") : page.getParent()).resolve(link);
        if (!there.contains(target.normalize())
            && !Files.exists(ROOT.resolve("docs").resolve(target))) {
          wrong.add(page + ": " + link);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void every_page_is_in_the_book_and_in_its_index() throws Exception {
    String all = Files.readString(ROOT.resolve("docs/samepage.adoc"));
    String index = Files.readString(ROOT.resolve("docs/index.adoc"));
    List<String> pages = new ArrayList<>(Book.generated());
    Book.pages(ROOT).forEach(page -> pages.add(page.toString()));
    pages.removeAll(List.of("index.adoc", "samepage.adoc"));
    for (String page : pages) {
      assertThat(index).contains("xref:" + page + "[");
      assertThat(all.contains("include::" + page + "["))
          .as(page)
          .isEqualTo(!page.equals("reference/port-map.adoc")); // 1,800 rows are not for paper
    }
  }

  @Test
  void links_lead_to_pages_by_xref_and_to_files_that_the_site_takes_along() throws Exception {
    List<String> wrong = new ArrayList<>();
    for (Path page : Book.pages(ROOT)) {
      String text = Files.readString(ROOT.resolve("docs").resolve(page));
      for (String target : matches(Pattern.compile("link:(?!https?:)([^\\[\\s]+)\\["), text)) {
        Matcher file = Book.FILE_LINK.matcher("link:" + target + "[");
        if (!target.equals("samepage.pdf")
            && !(file.matches() && Files.exists(ROOT.resolve(file.group(2))))) {
          wrong.add(page + ": " + target);
        }
      }
      Matcher anchor = Pattern.compile("xref:([\\w./-]+\\.adoc)#([\\w-]+)\\[").matcher(text);
      while (anchor.find()) {
        wrong.add(page + ": " + anchor.group()); // no page needs one so far
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(Files.readString(ROOT.resolve("docs/reference/contracts.adoc")))
        .as("the generated page of configuration links to it")
        .containsIgnoringCase("\n== Configuration\n");
  }

  @Test
  void in_one_document_each_link_leads_to_a_chapter_and_each_picture_has_a_width()
      throws Exception {
    String master = Files.readString(ROOT.resolve("docs/samepage.adoc"));
    for (String name : List.of("a.svg", "b.svg")) {
      Files.writeString(
          book.resolve(name),
          "<svg xmlns=\"x\" width=\"%d\"/>".formatted(name.equals("a.svg") ? 200 : 2000));
    }
    OneDocument document = new OneDocument(master, book);
    StringBuilder all = new StringBuilder();
    for (Path chapter : document.chapters()) {
      Path source = ROOT.resolve("docs").resolve(chapter);
      String text = Files.exists(source) ? Files.readString(source) : "= Made by the build\n";
      all.append(
          document.chapter(chapter, text.replaceAll("\\{out}/[\\w-]+\\.svg", "{out}/a.svg")));
    }
    assertThat(OneDocument.dangling(all.toString())).isEmpty();
    assertThat(all).doesNotContainPattern("(?:xref|link):(?!https?:|#)[^\\[\\s]+\\[");
    assertThat(all).contains("the port map (`docs/reference/port-map.adoc`)".substring(4));
    assertThat(all).contains("opts=inline,pdfwidth=120pt]").doesNotContain("opts=inline]");
    assertThat(document.chapter(Path.of("x.adoc"), "image::{out}/b.svg[B]"))
        .isEqualTo("image::{out}/b.svg[B,pdfwidth=498pt]");
  }

  @Test
  void what_pages_include_is_printed_by_a_command_and_every_command_runs() throws Exception {
    Set<String> included = new TreeSet<>();
    for (Path page : Book.pages(ROOT)) {
      included.addAll(matches(PRINTED, Files.readString(ROOT.resolve("docs").resolve(page))));
    }
    List<Book.Run> runs = Book.runs(ROOT);
    Set<String> printed = runs.stream().map(Book.Run::file).collect(Collectors.toSet());
    Samepage samepage = new Samepage(ROOT);
    for (Book.Run run : runs) {
      Samepage.Printed result = samepage.run(run.command(), book);
      assertThat(result.code()).as(result.session()).isLessThanOrEqualTo(1);
      assertThat(included.contains(run.file()) || run.command().startsWith("draw"))
          .as("%s is included somewhere", run.file())
          .isTrue();
    }
    for (String name : included) {
      assertThat(printed.contains(name) || Files.exists(book.resolve(name))).as(name).isTrue();
    }
  }

  @Test
  void the_example_of_the_language_has_every_statement_and_every_advice() throws Exception {
    Path example = ROOT.resolve("docs/examples/language.scenario");
    Set<String> statements = new TreeSet<>();
    Set<String> advice = new TreeSet<>();
    for (Statement statement : ScenarioParser.parse(example).statements()) {
      statements.add(statement.action().getClass().getSimpleName());
      if (statement.action() instanceof Action.Madvise madvise) {
        advice.add(madvise.advice().name());
      }
    }
    assertThat(Stream.of(Action.class.getPermittedSubclasses()).map(Class::getSimpleName))
        .hasSizeGreaterThan(20)
        .allMatch(statements::contains);
    assertThat(Stream.of(Advice.values()).map(Advice::name)).allMatch(advice::contains);
  }

  @Test
  void generated_pages_name_what_there_is() {
    assertThat(ReferencePages.sysfs())
        .contains("|`pages_to_scan` |yes |`100`", "|`full_scans` | |");
    assertThat(ReferencePages.tracePoints())
        .contains(
            "|`ksm.ksm_merge_with_ksm_page` |", "`ksm_page`, `pfn`, `rmap_item`, `mm`, `err`");
    assertThat(ReferencePages.commandLine()).contains("== samepage lab check", "== samepage draw");
    assertThat(ReferencePages.exitCodes()).contains("|`samepage compare` |1 |");
    assertThat(ReferencePages.configuration()).contains("soft-dirty = false");
  }
}
