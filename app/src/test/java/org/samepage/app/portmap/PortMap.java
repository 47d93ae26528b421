// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.portmap;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.samepage.app.arch.NoTestJars;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * The port map: each kernel symbol, the Java that stands for it, how close it is, which tests run
 * it, and whether one of them compares with a real kernel.
 */
final class PortMap {
  private static final int NAMES_SHOWN = 3;

  /**
   * One kernel symbol in one piece of Java.
   *
   * @param elements that piece; behind it, where it has no code of its own, what implements it
   */
  record Row(String file, String symbol, List<String> elements, String shown, PortedFrom ported) {
    String element() {
      return elements.getFirst();
    }

    /** What of the row does not depend on a test run. */
    String key() {
      return "|`%s` |`%s` |%s".formatted(symbol, shown, closeness());
    }

    private String closeness() {
      String word = ported.fidelity().name().toLowerCase(Locale.ROOT);
      String part = ported.part() ? " (a part)" : "";
      return ported.fidelity() == Fidelity.FAITHFUL
          ? word + part
          : word + part + ": " + ported.differs().replace("|", "\\|");
    }
  }

  private PortMap() {}

  /** All rows, by file, symbol and Java. */
  static List<Row> rows(JavaClasses classes) {
    List<Row> rows = new ArrayList<>();
    for (JavaClass type : classes) {
      type.tryGetAnnotationOfType(PortedFrom.class)
          .ifPresent(p -> add(rows, elements(type, ""), type.getSimpleName(), p));
      for (JavaMember member : type.getMembers()) {
        List<String> elements =
            elements(type, member instanceof JavaField ? "" : "#" + member.getName());
        String shown = type.getSimpleName() + "." + member.getName().replace("<init>", "new");
        member
            .tryGetAnnotationOfType(PortedFrom.class)
            .ifPresent(p -> add(rows, elements, shown, p));
      }
    }
    rows.sort(Comparator.comparing(Row::file).thenComparing(Row::symbol).thenComparing(Row::shown));
    return rows.stream().distinct().toList();
  }

  /** Of an interface, whose own code does nothing or is none, those that implement it too. */
  private static List<String> elements(JavaClass type, String member) {
    Stream<JavaClass> below =
        type.isInterface() ? type.getAllSubclasses().stream() : Stream.empty();
    return Stream.concat(Stream.of(type), below).map(t -> t.getName() + member).toList();
  }

  private static void add(List<Row> rows, List<String> elements, String shown, PortedFrom ported) {
    for (String origin : ported.value()) {
      int colon = origin.indexOf(':');
      String file = origin.substring(0, colon);
      rows.add(new Row(file, origin.substring(colon + 1), elements, shown, ported));
    }
  }

  static JavaClasses classes() {
    return new ClassFileImporter()
        .withImportOption(new ImportOption.DoNotIncludeTests())
        .withImportOption(new NoTestJars())
        .importPackages("org.samepage");
  }

  /** The page. */
  static String page(List<Row> rows, Evidence evidence) {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        // SPDX-License-Identifier: GPL-2.0-only
        = Port map

        Which kernel symbol became what, made by `mvn -B verify -Pport-map` from the `@PortedFrom` \
        annotations and from which test ran which method. _Tests_ and _Kernel_ name \
        those that run little else, and count them all; _Kernel_ are comparisons with results of a \
        real kernel; where it says _source_, the \
        method was compared with the kernel's source alone.

        """);
    for (String file : KernelFunctions.FILES) {
      summary(page, file, rows);
    }
    Map<String, List<Row>> byFile =
        rows.stream().collect(Collectors.groupingBy(Row::file, TreeMap::new, Collectors.toList()));
    byFile.forEach((file, ofFile) -> section(page, file, ofFile, evidence));
    return page.toString();
  }

  private static Set<String> symbols(String file, List<Row> rows) {
    return rows.stream()
        .filter(r -> r.file().equals(file))
        .map(Row::symbol)
        .collect(Collectors.toSet());
  }

  private static void summary(StringBuilder page, String file, List<Row> rows) {
    Map<String, String> functions = KernelFunctions.of(file);
    Set<String> ported = symbols(file, rows);
    long done = functions.keySet().stream().filter(ported::contains).count();
    page.append("* `%s`: %s of %s functions\n".formatted(file, done, functions.size()));
  }

  private static void section(StringBuilder page, String file, List<Row> rows, Evidence evidence) {
    page.append("\n== ").append(file).append("\n\n");
    page.append("[cols=\"2,3,3,3,3\",options=\"header\"]\n|===\n");
    page.append("|Symbol |Java |Fidelity |Tests |Kernel\n\n");
    for (Row row : rows) {
      List<String> comparisons = evidence.comparisons(row.elements());
      page.append(row.key())
          .append(" |")
          .append(some(evidence.tests(row.elements()).stream().map(PortMap::simpleName).toList()))
          .append(" |")
          .append(comparisons.isEmpty() ? "source" : some(comparisons))
          .append('\n');
    }
    page.append("|===\n");
    if (KernelFunctions.FILES.contains(file)) {
      missing(page, file, rows);
    }
  }

  private static void missing(StringBuilder page, String file, List<Row> rows) {
    Set<String> ported = symbols(file, rows);
    Map<String, String> functions = KernelFunctions.of(file);
    List<String> lines = new ArrayList<>();
    functions.forEach((function, reason) -> {
      if (!ported.contains(function)) {
        lines.add("* `%s`: %s".formatted(function, reason.isEmpty() ? "not yet" : reason));
      }
    });
    if (!lines.isEmpty()) {
      page.append("\nNo Java stands for:\n\n").append(String.join("\n", lines)).append('\n');
    }
  }

  private static String simpleName(String className) {
    return className.substring(className.lastIndexOf('.') + 1);
  }

  private static String some(List<String> names) {
    if (names.isEmpty()) {
      return "none";
    }
    String shown = names.stream().limit(NAMES_SHOWN).collect(Collectors.joining(", "));
    return names.size() > NAMES_SHOWN ? "%s (%s)".formatted(shown, names.size()) : shown;
  }

  /**
   * Writes the page.
   *
   * @param args the project's folder
   */
  public static void main(String[] args) throws IOException {
    Path root = Path.of(args[0]);
    List<Path> records = new ArrayList<>();
    List<Path> classes = new ArrayList<>();
    try (var modules = Files.list(root)) {
      for (Path module : modules.sorted().toList()) {
        Path record = module.resolve("target/evidence.exec");
        if (Files.exists(record)) {
          records.add(record);
        }
        Path compiled = module.resolve("target/classes");
        if (Files.exists(compiled)) {
          classes.add(compiled);
        }
      }
    }
    String page = page(rows(classes()), Evidence.read(records, classes));
    Files.writeString(root.resolve("docs/reference/port-map.adoc"), page);
  }
}
