// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One lab.
 *
 * <p>What a student gets are resources in a folder of the lab's number: the task, and the files to
 * work on.
 */
public abstract class Lab {
  private final int number;
  private final String title;
  private final String className;
  private final List<String> otherFiles;

  /**
   * A lab.
   *
   * @param className of the class that the student completes, in package {@code student}
   * @param otherFiles that the student completes besides
   */
  protected Lab(int number, String title, String className, String... otherFiles) {
    this.number = number;
    this.title = title;
    this.className = className;
    this.otherFiles = List.of(otherFiles);
  }

  public final int number() {
    return number;
  }

  public final String title() {
    return title;
  }

  /** The class that the desk asks for. */
  public final String qualifiedClass() {
    return "student." + className;
  }

  /** The source that the student completes, in the student's folder. */
  public final String sourceFile() {
    return "src/student/" + className + ".java";
  }

  /** Files that the student completes besides. */
  public final List<String> otherFiles() {
    return otherFiles;
  }

  /** The text of a file as a student gets it. */
  public final String handedOut(String file) {
    String name = "/org/samepage/labs/%s/%s".formatted(number, file.replaceFirst(".*/", ""));
    try (InputStream in = Lab.class.getResourceAsStream(name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The task, in Asciidoc. */
  public final String task() {
    return handedOut("TASK.adoc");
  }

  /**
   * What an answer is checked for.
   *
   * @param seed what the hidden checks are drawn from
   * @param files the student's {@link #otherFiles}, by name
   */
  public abstract List<Check> checks(String seed, Map<String, String> files);
}
