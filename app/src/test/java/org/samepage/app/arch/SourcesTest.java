// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.arch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What only the sources show: format, licence lines, shifts by a page. */
final class SourcesTest {
  private static final Path ROOT = Path.of(System.getProperty("samepage.root"));
  private static final String SPDX = "// SPDX-License-Identifier: GPL-2.0-only";
  private static final int LONGEST_FILE = 500;

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.toString().contains("/target/"))
          .filter(file -> !ROOT.relativize(file).startsWith(".git"))
          .sorted()
          .toList();
    }
  }

  @Test
  void every_source_is_formatted() throws Exception {
    Formatter formatter = new Formatter();
    List<Path> all = sources();
    assertThat(all).hasSizeGreaterThan(150);
    boolean write = System.getProperty("samepage.format").equals("write");
    List<String> wrong = new ArrayList<>();
    for (Path file : all) {
      String text = Files.readString(file);
      String formatted = formatter.formatSourceAndFixImports(text);
      if (!formatted.equals(text)) {
        if (write) {
          Files.writeString(file, formatted);
        } else {
          wrong.add(ROOT.relativize(file).toString());
        }
      }
    }
    assertThat(wrong).as("mvn -q -Pformat test mends them").isEmpty();
  }

  @Test
  void every_source_begins_with_its_licence_and_is_of_a_size_to_be_read() throws Exception {
    for (Path file : sources()) {
      List<String> lines = Files.readAllLines(file);
      assertThat(lines.getFirst()).as(file.toString()).isEqualTo(SPDX);
      assertThat(lines.size()).as(file.toString()).isLessThanOrEqualTo(LONGEST_FILE);
    }
  }

  @Test
  void only_page_units_shift_by_a_page() throws Exception {
    Pattern shift = Pattern.compile(">>>? ?(12|PAGE_SHIFT|21|PMD_SHIFT)\\b|<< ?(12|PAGE_SHIFT)\\b");
    for (Path file : sources()) {
      String path = ROOT.relativize(file).toString();
      // a pfn's place in a word, and a slot's in its chunk, are no pages of an address
      boolean allowed =
          path.contains("/src/test/") || path.contains("/mm/units/") || path.contains("/pgtable/");
      if (!allowed) {
        assertThat(shift.matcher(Files.readString(file)).find()).as(path).isFalse();
      }
    }
  }

  @Test
  void every_other_text_file_names_its_licence_too() throws Exception {
    try (Stream<Path> poms = Files.list(ROOT)) {
      for (Path folder : poms.filter(Files::isDirectory).toList()) {
        Path pom = folder.resolve("pom.xml");
        if (Files.exists(pom)) {
          assertThat(Files.readString(pom)).contains("SPDX-License-Identifier: GPL-2.0-only");
        }
      }
    }
    assertThat(Files.readString(ROOT.resolve("samepage"))).contains("GPL-2.0-only");
    assertThat(Files.readString(ROOT.resolve("LICENSE"))).contains("Version 2, June 1991");
  }
}
