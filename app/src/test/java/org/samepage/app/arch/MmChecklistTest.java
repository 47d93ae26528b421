// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The traps of what KSM stands on; KSM's own are counted apart, under the same numbers. */
final class MmChecklistTest {
  private static final int TRAPS = 25;
  private static final List<String> MODULES = List.of("mm-core", "pagewalk", "rmap", "machine");

  @Test
  void every_trap_of_the_port_map_of_memory_management_has_a_test() throws IOException {
    Pattern name = Pattern.compile("void (trap_\\d\\d)_");
    TreeSet<String> tested = new TreeSet<>();
    Path root = Path.of(System.getProperty("samepage.root"));
    for (String module : MODULES) {
      try (Stream<Path> files = Files.walk(root.resolve(module).resolve("src/test/java"))) {
        files
            .filter(file -> file.toString().endsWith(".java"))
            .filter(file -> !file.getParent().endsWith("org/samepage/machine/ksm"))
            .forEach(
                file -> name.matcher(read(file)).results().forEach(r -> tested.add(r.group(1))));
      }
    }
    assertThat(tested)
        .isEqualTo(
            IntStream.rangeClosed(1, TRAPS)
                .mapToObj("trap_%02d"::formatted)
                .collect(Collectors.toCollection(TreeSet::new)));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
