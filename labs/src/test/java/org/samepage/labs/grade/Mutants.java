// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.grade;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.samepage.labs.course.Lab;
import org.samepage.labs.course.Labs;

/** The reference solutions, and each broken in one place. */
final class Mutants {
  private Mutants() {}

  /** A lab's files, broken as the name says. */
  record Mutant(Lab lab, String name, Map<String, String> files) {
    @Override
    public String toString() {
      return "lab %d, %s".formatted(lab.number(), name);
    }
  }

  /** The files that a student completes, completed. */
  static Map<String, String> solution(Lab lab) {
    Map<String, String> files = new HashMap<>();
    files.put(lab.sourceFile(), resource(lab, lab.sourceFile().replaceFirst(".*/", "")));
    lab.otherFiles().forEach(name -> files.put(name, resource(lab, name)));
    return files;
  }

  private static String resource(Lab lab, String name) {
    String path = "/org/samepage/labs/solutions/%d/%s".formatted(lab.number(), name);
    try (InputStream in = Mutants.class.getResourceAsStream(path)) {
      return new String(Objects.requireNonNull(in, path).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All mutants of all labs. */
  static List<Mutant> all() {
    List<Mutant> all = new ArrayList<>();
    for (Lab lab : Labs.all()) {
      String[] blocks = resource(lab, "mutants.txt").split("(?m)^== ");
      for (int i = 1; i < blocks.length; i++) {
        all.add(mutant(lab, blocks[i]));
      }
    }
    return all;
  }

  /** A block is a name, what is replaced (perhaps after {@code FILE: }), and after -> by what. */
  private static Mutant mutant(Lab lab, String block) {
    int nameEnd = block.indexOf('\n');
    int arrow = block.indexOf("\n-> ");
    String name = block.substring(0, nameEnd);
    String old = block.substring(nameEnd + 1, arrow);
    String fresh = block.substring(arrow + "\n-> ".length()).stripTrailing();
    String file = lab.sourceFile();
    for (String other : lab.otherFiles()) {
      if (old.startsWith(other + ": ")) {
        old = old.substring(other.length() + 2);
        file = other;
      }
    }
    Map<String, String> files = solution(lab);
    String text = Objects.requireNonNull(files.get(file));
    assertThat(text).as("lab %d, %s", lab.number(), name).contains(old);
    files.put(file, text.replace(old, fresh));
    return new Mutant(lab, name, files);
  }
}
