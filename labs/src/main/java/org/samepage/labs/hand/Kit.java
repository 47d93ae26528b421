// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.hand;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.samepage.labs.course.Lab;

/** An archive with a lab and all that checking it needs, but the JDK. */
public final class Kit {
  private static final String LAUNCHER =
      """
      #!/bin/sh
      # SPDX-License-Identifier: GPL-2.0-only
      # Runs the command line from the jars beside it; needs a JDK 25 or later, and no network.
      here=$(cd "$(dirname "$0")" && pwd -P)
      java=${JAVA_HOME:+$JAVA_HOME/bin/}java
      for jdk in "${JAVA25_HOME:-}" /usr/lib/jvm/*25* /usr/lib/jvm/*2[6-9]* /opt/jdk*; do
        [ -x "$jdk/bin/javac" ] && java=$jdk/bin/java
      done
      exec "$java" -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \\
        --sun-misc-unsafe-memory-access=allow -cp "$here/lib/*" org.samepage.app.Main "$@"
      """;

  private Kit() {}

  /** Writes it. The class path's jars are copied, its folders packed. */
  public static void write(Lab lab, String seed, String classPath, OutputStream into)
      throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(into)) {
      for (Map.Entry<String, String> file : HandOut.files(lab, seed).entrySet()) {
        text(zip, "lab" + lab.number() + "/" + file.getKey(), file.getValue());
      }
      text(zip, "samepage", LAUNCHER);
      text(
          zip,
          "README.txt",
          """
          Lab %1$d, %2$s. You need a JDK 25 or later, and nothing else.

          Read lab%1$d/TASK.adoc, complete lab%1$d/%3$s, then:

            sh samepage lab check --dir lab%1$d

          Where the task says samepage, that is 'sh samepage' in this folder. Without sh, as on Windows:

            java --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -cp "lib/*" \
          org.samepage.app.Main lab check --dir lab%1$d
          """
              .formatted(lab.number(), lab.title(), lab.sourceFile()));
      for (String entry : List.of(classPath.split(File.pathSeparator))) {
        Path path = Path.of(entry);
        if (Files.isRegularFile(path)) {
          zip.putNextEntry(new ZipEntry("lib/" + path.getFileName()));
          Files.copy(path, zip);
          zip.closeEntry();
        } else if (Files.isDirectory(path)) {
          jar(zip, path);
        }
      }
    }
  }

  private static void text(ZipOutputStream zip, String name, String text) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(text.getBytes(StandardCharsets.UTF_8));
    zip.closeEntry();
  }

  /** A folder of classes as a jar. */
  private static void jar(ZipOutputStream zip, Path folder) throws IOException {
    String name = folder.toString().replaceAll("\\W+", "-");
    zip.putNextEntry(new ZipEntry("lib/classes" + name + ".jar"));
    ZipOutputStream jar = new ZipOutputStream(zip);
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        jar.putNextEntry(
            new ZipEntry(folder.relativize(file).toString().replace(File.separatorChar, '/')));
        Files.copy(file, jar);
        jar.closeEntry();
      }
    }
    jar.finish(); // the archive around it stays open
    zip.closeEntry();
  }
}
