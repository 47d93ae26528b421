// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.output;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.selftests.run.Suite;
import org.samepage.selftests.run.Suites;
import org.samepage.selftests.skeleton.Skeleton;

/** Writes the skeleton of a suite into a checkout. */
public final class SkeletonFiles {
  private static final Path SUITES =
      Path.of("selftests/src/main/java/org/samepage/selftests/suites");
  private static final Path SERVICES =
      Path.of("selftests/src/main/resources/META-INF/services/org.samepage.selftests.run.Suite");
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]+([_-][a-z0-9]+)*");

  private SkeletonFiles() {}

  /**
   * Writes the class, and enters it among the suites.
   *
   * @param name of upstream's program
   * @return what was done, for the user
   */
  public static List<String> write(Path checkout, String name) {
    if (!NAME.matcher(name).matches()) {
      throw new UserMistakeException(
          "%s is no name of a program; one is map_populate".formatted(name));
    }
    for (Suite suite : Suites.all()) {
      if (suite.program().equals(name)) {
        throw new UserMistakeException(
            "%s is ported: %s".formatted(name, suite.getClass().getSimpleName()));
      }
    }
    Path services = checkout.resolve(SERVICES);
    if (!Files.isRegularFile(services)) {
      throw new UserMistakeException(
          "there is no %s here; run this in a checkout of the sources".formatted(SERVICES));
    }
    Skeleton skeleton = Skeleton.of(name, Suites.all().stream().map(Suite::id).toList());
    Path file = checkout.resolve(SUITES).resolve(skeleton.className() + ".java");
    if (Files.exists(file)) {
      throw new UserMistakeException(file + " is there already");
    }
    SafeFile.write(file, skeleton.source());
    try {
      String before = Files.readString(services);
      SafeFile.write(services, before + skeleton.qualifiedName() + "\n");
    } catch (IOException e) {
      throw new UserMistakeException(services + " cannot be read");
    }
    return List.of(
        "written: " + file,
        "entered: " + skeleton.qualifiedName() + " in " + services,
        "next: docs/guide/port-a-selftest.adoc, and 'samepage selftest %s'".formatted(name));
  }
}
