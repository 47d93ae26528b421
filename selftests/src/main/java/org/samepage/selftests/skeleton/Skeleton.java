// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.skeleton;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Locale;
import java.util.Objects;

/**
 * The source of a suite with one case that is not written yet, and says so.
 *
 * @param className without its package
 */
public record Skeleton(String className, String source) {
  private static final String PACKAGE = "org.samepage.selftests.suites.";
  private static final String TEMPLATE = "Suite.java.template";

  /**
   * A skeleton.
   *
   * @param program upstream's name: {@code map_populate}
   * @param taken ids of other suites
   */
  public static Skeleton of(String program, Collection<String> taken) {
    StringBuilder name = new StringBuilder();
    for (String word : program.split("[_-]")) {
      name.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
    }
    String className = name + "Suite";
    String source =
        template()
            .replace("@CLASS@", className)
            .replace("@PROGRAM@", program)
            .replace("@ID@", id(program, taken));
    return new Skeleton(className, source);
  }

  /** The first letters of two words, or the first two letters; another second one where taken. */
  private static String id(String program, Collection<String> taken) {
    String[] words = program.toUpperCase(Locale.ROOT).split("[_-]");
    String id = words[0].substring(0, 1) + words[words.length - 1].charAt(words.length > 1 ? 0 : 1);
    for (char second = 'A'; taken.contains(id) && second <= 'Z'; second++) {
      id = words[0].substring(0, 1) + second;
    }
    return id;
  }

  private static String template() {
    try (InputStream in =
        Objects.requireNonNull(Skeleton.class.getResourceAsStream(TEMPLATE), TEMPLATE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** With its package. */
  public String qualifiedName() {
    return PACKAGE + className;
  }
}
