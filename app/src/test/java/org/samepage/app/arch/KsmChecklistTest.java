// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.arch;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.samepage.mm.port.PortedFrom;

/** mm/ksm.c function by function: each is ported, or it is said why not; each trap has a test. */
@AnalyzeClasses(packages = "org.samepage", importOptions = ImportOption.DoNotIncludeTests.class)
final class KsmChecklistTest {
  private static final int LEAST_FUNCTIONS = 130;
  private static final int TRAPS = 25;
  private static final int ACCEPTANCE_TESTS = 15;

  /** The reason, or nothing, by the function's name. */
  private static Map<String, String> checklist() throws IOException {
    Map<String, String> functions = new LinkedHashMap<>();
    try (var in = KsmChecklistTest.class.getResourceAsStream("/checklists/ksm.txt")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      for (String line : text.lines().toList()) {
        if (!line.isBlank() && !line.startsWith("#")) {
          int bar = line.indexOf('|');
          functions.put(
              (bar < 0 ? line : line.substring(0, bar)).strip(),
              bar < 0 ? "" : line.substring(bar + 1).strip());
        }
      }
    }
    return functions;
  }

  @ArchTest
  static void every_function_of_ksm_c_is_ported_or_has_a_reason(JavaClasses all)
      throws IOException {
    Map<String, TreeSet<String>> portedAs = new TreeMap<>();
    for (Map.Entry<String, PortedFrom> element : PortedNames.elements(all).entrySet()) {
      for (String origin : element.getValue().value()) {
        if (origin.startsWith("mm/ksm.c:") || origin.startsWith("include/linux/ksm.h:")) {
          portedAs
              .computeIfAbsent(origin.substring(origin.indexOf(':') + 1), _ -> new TreeSet<>())
              .add(element.getKey());
        }
      }
    }
    Map<String, String> functions = checklist();
    assertThat(functions).hasSizeGreaterThanOrEqualTo(LEAST_FUNCTIONS);
    assertThat(
            functions.entrySet().stream()
                .filter(f -> f.getValue().isEmpty() && !portedAs.containsKey(f.getKey()))
                .map(Map.Entry::getKey))
        .as("neither ported nor explained")
        .isEmpty();
  }

  @ArchTest
  static void every_trap_and_every_acceptance_test_of_the_port_map_has_a_test(JavaClasses all) {
    assertThat(all).isNotEmpty();
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
