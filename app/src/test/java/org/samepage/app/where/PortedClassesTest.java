// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.where;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.samepage.app.workbench.Workbench;

/** What is read from the class files and what the page says are the same elements. */
final class PortedClassesTest {
  private static final Path ROOT = Path.of(System.getProperty("samepage.root"));

  @Test
  void each_element_of_the_class_files_has_its_row_in_the_page_and_no_row_is_without_one()
      throws Exception {
    PortMapPage page = PortMapPage.read();
    List<PortedElement> elements = elements();
    assertThat(elements.size()).isGreaterThan(800);
    assertThat(elements.stream().filter(e -> page.evidence(e).tests().startsWith("not recorded")))
        .as("run mvn -B verify -Pport-map, which writes the page anew")
        .isEmpty();
    assertThat(
            elements.stream()
                .map(e -> e.file() + " " + e.symbol() + " " + e.shown())
                .distinct()
                .count())
        .isEqualTo(page.size());
  }

  @Test
  void each_element_is_found_where_its_source_declares_it() throws Exception {
    List<String> wrong = new ArrayList<>();
    for (PortedElement element : elements()) {
      PortedElement declared = Declarations.declared(element);
      String type = declared.shown().replaceFirst("\\..*", "");
      String name = declared.shown().replaceFirst(".*\\.", "");
      List<String> lines = Files.readAllLines(ROOT.resolve(declared.source()));
      String line = declared.line() == 0 ? "" : lines.get(declared.line() - 1);
      if (!line.matches(".*\\b" + (name.equals("new") ? type : name) + "\\b.*")
          || line.matches("\\s*(?:return|[*/]).*")) {
        wrong.add("%s at %s: %s".formatted(declared.shown(), declared.at(), line));
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static List<PortedElement> elements() throws IOException {
    return PortedClasses.all(
        new Workbench()
            .catalogue().byPoint().values().stream()
                .flatMap(point -> point.values().stream())
                .map(offer -> (Class<?>) offer.strategy()));
  }
}
