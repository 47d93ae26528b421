// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.portmap;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The port map in the docs and the annotations in the code say the same. */
final class PortMapTest {
  private static final Path PAGE =
      Path.of(System.getProperty("samepage.root"), "docs", "reference", "port-map.adoc");

  private final List<PortMap.Row> rows = PortMap.rows(PortMap.classes());

  @Test
  void the_page_has_a_row_for_each_annotation_and_no_other() throws Exception {
    TreeSet<String> written =
        Files.readAllLines(PAGE).stream()
            .filter(line -> line.startsWith("|`"))
            .map(line -> String.join(" |", List.of(line.split("(?<!\\\\) \\|")).subList(0, 3)))
            .collect(Collectors.toCollection(TreeSet::new));
    TreeSet<String> annotated =
        rows.stream().map(PortMap.Row::key).collect(Collectors.toCollection(TreeSet::new));
    assertThat(written)
        .as("run mvn -B verify -Pport-map, which writes the page anew")
        .isEqualTo(annotated);
  }

  @Test
  void a_function_that_is_left_out_for_good_is_not_there_all_the_same() {
    for (String file : KernelFunctions.FILES) {
      for (Map.Entry<String, String> function : KernelFunctions.of(file).entrySet()) {
        if (!function.getValue().isEmpty() && !function.getValue().startsWith("not yet")) {
          assertThat(rows)
              .as(file + ":" + function.getKey())
              .noneMatch(r -> r.file().equals(file) && r.symbol().equals(function.getKey()));
        }
      }
    }
  }

  @Test
  void symbols_of_the_files_that_are_ported_whole_are_functions_that_6_18_has_or_explained() {
    Map<String, String> elsewhere = KernelFunctions.elsewhere();
    for (String file : KernelFunctions.FILES) {
      Map<String, String> functions = KernelFunctions.of(file);
      assertThat(
              rows.stream()
                  .filter(r -> r.file().equals(file))
                  .filter(r -> r.element().contains("#"))
                  .map(PortMap.Row::symbol)
                  .filter(s -> !functions.containsKey(s))
                  .filter(s -> !elsewhere.containsKey(file + ":" + s)))
          .as(file)
          .isEmpty();
    }
  }

  @Test
  void every_function_of_ksm_is_ported_or_it_is_said_why_not() {
    for (String file : List.of("mm/ksm.c", KernelFunctions.KSM_HEADER)) {
      assertThat(
              KernelFunctions.of(file).entrySet().stream()
                  .filter(f -> f.getValue().isEmpty())
                  .map(Map.Entry::getKey)
                  .filter(f ->
                      rows.stream().noneMatch(r -> r.file().equals(file) && r.symbol().equals(f))))
          .as(file)
          .isEmpty();
    }
  }
}
