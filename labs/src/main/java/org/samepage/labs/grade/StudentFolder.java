// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.grade;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.samepage.labs.course.Check;
import org.samepage.labs.course.Lab;
import org.samepage.labs.course.Labs;

/**
 * A student's folder.
 *
 * @param seed of the student
 */
public record StudentFolder(Path folder, Lab lab, String seed) {
  /** Says which lab and whose. */
  public static final String PROPERTIES = "lab.properties";

  /** The checks that are not hidden, for reading. */
  public static final String CHECKS = "checks/public.txt";

  /** The task. */
  public static final String TASK = "TASK.adoc";

  private static final String LAB = "lab";
  private static final String SEED = "seed";
  private static final int MOST_BYTES = 1 << 20;

  /** A folder that is none of a lab. */
  public static final class NoLabException extends Exception {
    private static final long serialVersionUID = 1L;

    NoLabException(String message) {
      super(message);
    }
  }

  /** Reads what a folder is of. */
  public static StudentFolder open(Path folder) throws NoLabException {
    Path file = folder.resolve(PROPERTIES);
    Properties properties = new Properties();
    try (Reader in = Files.newBufferedReader(file)) {
      properties.load(in);
    } catch (IOException | IllegalArgumentException e) {
      throw new NoLabException(
          "%s is no folder of a lab: %s cannot be read; 'samepage lab start N' makes one"
              .formatted(folder, PROPERTIES));
    }
    String number = properties.getProperty(LAB, "");
    String seed = properties.getProperty(SEED, "");
    if (!number.matches("\\d{1,3}") || !Labs.has(Integer.parseInt(number)) || seed.isEmpty()) {
      throw new NoLabException(
          "%s: there are labs 1 to %d, and each has a seed".formatted(file, Labs.all().size()));
    }
    return new StudentFolder(folder, Labs.of(Integer.parseInt(number)), seed);
  }

  /** What {@link #PROPERTIES} says. */
  public static String properties(Lab lab, String seed) {
    return "# which lab, and whose: hidden checks are drawn from the seed\nlab=%d\nseed=%s\n"
        .formatted(lab.number(), seed);
  }

  /** What {@link #CHECKS} says: the checks that are not hidden. */
  public static String publicChecks(Lab lab) {
    StringBuilder text = new StringBuilder();
    for (Check check : lab.checks("", Map.of())) {
      if (!check.hidden()) {
        text.append("# ").append(check.name()).append('\n').append(check.request()).append('\n');
      }
    }
    return text.toString();
  }

  /** The student's files besides the source; those that are not there are empty. */
  Map<String, String> otherFiles() throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    for (String name : lab.otherFiles()) {
      Path file = folder.resolve(name);
      boolean readable = Files.isRegularFile(file) && Files.size(file) <= MOST_BYTES;
      // whatever bytes they are
      files.put(name, readable ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "");
    }
    return files;
  }

  /** The student's sources; a link to somebody else's is none. */
  List<Path> sources() throws IOException {
    Path src = folder.resolve("src");
    if (!Files.isDirectory(src)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(src)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
          .sorted()
          .toList();
    }
  }

  /** Whether what the student was given to read is as it was. */
  boolean isUntouched() throws IOException {
    return is(TASK, lab.task()) && is(CHECKS, publicChecks(lab));
  }

  private boolean is(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    return Files.isRegularFile(file)
        && new String(Files.readAllBytes(file), StandardCharsets.UTF_8).equals(text);
  }
}
