// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each trap and each acceptance test that the map of mm/ksm.c has is a test's name. */
final class KsmChecklistTest {
  private static final int TRAPS = 25;
  private static final int ACCEPTANCE_TESTS = 15;

  @Test
  void every_trap_and_every_acceptance_test_of_the_port_map_has_a_test() {
    Pattern name = Pattern.compile("void (trap_\\d\\d|T\\d\\d)_");
    TreeSet<String> tested = new TreeSet<>();
    Path root = Path.of(System.getProperty("samepage.root"), "machine", "src", "test", "java");
    try (Stream<Path> files = Files.walk(root.resolve("org/samepage/machine/ksm"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        name.matcher(Files.readString(file)).results().forEach(r -> tested.add(r.group(1)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    TreeSet<String> wanted =
        Stream.concat(
                IntStream.rangeClosed(1, TRAPS).mapToObj("trap_%02d"::formatted),
                IntStream.rangeClosed(1, ACCEPTANCE_TESTS).mapToObj("T%02d"::formatted))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(tested).isEqualTo(wanted);
  }
}
