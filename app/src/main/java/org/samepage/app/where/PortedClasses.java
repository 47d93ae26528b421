// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.where;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.samepage.ksm.state.KsmState;
import org.samepage.machine.Machine;
import org.samepage.mm.port.PortedFrom;
import org.samepage.pagewalk.PageWalk;
import org.samepage.rmap.AnonVmas;
import org.samepage.scenario.run.ScenarioRunner;
import org.samepage.selftests.run.Suites;

/** All that carries {@link PortedFrom}, read from the class files that this program runs. */
public final class PortedClasses {
  /** A class of each module that has ported code; strategies are known by their names alone. */
  private static final List<Class<?>> ANCHORS =
      List.of(
          PortedFrom.class,
          PageWalk.class,
          AnonVmas.class,
          KsmState.class,
          Machine.class,
          ScenarioRunner.class,
          Suites.class);

  /** The folder of a module, by the package below {@code org.samepage} where they differ. */
  private static final Map<String, String> MODULES = Map.of("mm", "mm-core");

  private PortedClasses() {}

  /** By file and symbol, in the order of names. */
  public static List<PortedElement> all(Stream<Class<?>> more) throws IOException {
    Set<Path> places = new LinkedHashSet<>();
    for (Class<?> anchor : Stream.concat(ANCHORS.stream(), more).toList()) {
      places.add(placeOf(anchor));
    }
    List<PortedElement> found = new ArrayList<>();
    for (Path place : places) {
      if (Files.isDirectory(place)) {
        readBelow(place, found);
      } else {
        try (FileSystem jar = FileSystems.newFileSystem(place)) {
          readBelow(jar.getPath("/"), found);
        }
      }
    }
    return found.stream()
        .distinct()
        .sorted(
            Comparator.comparing(PortedElement::file)
                .thenComparing(PortedElement::symbol)
                .thenComparing(PortedElement::shown))
        .toList();
  }

  static Path placeOf(Class<?> type) {
    try {
      URI place = type.getProtectionDomain().getCodeSource().getLocation().toURI();
      return Path.of(place);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void readBelow(Path folder, List<PortedElement> found) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
        String path = folder.relativize(file).toString().replace('\\', '/');
        if (path.startsWith("org/samepage/")) {
          ClassModel model = ClassFile.of().parse(Files.readAllBytes(file));
          PortedMembers.of(model, sourceOf(path), found);
        }
      }
    }
  }

  /** Where a class's source is in a checkout. */
  private static String sourceOf(String classFile) {
    String module = classFile.split("/")[2];
    String outer = classFile.replaceFirst("(\\$.*)?\\.class$", ".java");
    return MODULES.getOrDefault(module, module) + "/src/main/java/" + outer;
  }
}
