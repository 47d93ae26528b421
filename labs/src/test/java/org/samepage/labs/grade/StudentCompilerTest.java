// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.grade;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One compiler for a class of students. */
final class StudentCompilerTest {
  @TempDir Path folder;

  private List<Path> sources(String student, String... classes) throws Exception {
    List<Path> sources = new ArrayList<>();
    for (String source : classes) {
      Path own = Files.createDirectories(folder.resolve(student));
      String name = source.split(" ")[1];
      sources.add(Files.writeString(own.resolve(name + ".java"), "package student; " + source));
    }
    return sources;
  }

  @Test
  void nobody_gets_at_what_another_student_wrote() throws Exception {
    try (StudentCompiler compiler = new StudentCompiler(System.getProperty("java.class.path"))) {
      Path first = Files.createDirectory(folder.resolve("classes-1"));
      Path second = Files.createDirectory(folder.resolve("classes-2"));
      Path third = Files.createDirectory(folder.resolve("classes-3"));
      assertThat(
              compiler.compile(
                  sources("1", "class Mine { Helper h; }", "class Helper {}"), first, 60))
          .isNull();
      assertThat(compiler.compile(sources("2", "class Mine { Helper h; }"), second, 60))
          .startsWith("Mine.java:1: ");
      assertThat(compiler.compile(sources("3", "class Mine { int other; }"), third, 60)).isNull();
      assertThat(first.resolve("student/Helper.class")).exists();
      assertThat(second).isEmptyDirectory();
      assertThat(third).isDirectoryRecursivelyContaining("glob:**Mine.class");
      assertThat(third.resolve("student/Helper.class")).doesNotExist();
      assertThat(Files.readAllBytes(third.resolve("student/Mine.class")))
          .isNotEqualTo(Files.readAllBytes(first.resolve("student/Mine.class")));
    }
  }
}
