// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.where;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.samepage.app.workbench.Workbench;

/** What is read from the class files and what the page says are the same elements. */
final class PortedClassesTest {
  @Test
  void each_element_of_the_class_files_has_its_row_in_the_page_and_no_row_is_without_one()
      throws Exception {
    PortMapPage page = PortMapPage.read();
    List<PortedElement> elements =
        PortedClasses.all(
            new Workbench()
                .catalogue().byPoint().values().stream()
                    .flatMap(point -> point.values().stream())
                    .map(offer -> (Class<?>) offer.strategy()));
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
}
