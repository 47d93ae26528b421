// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samepage.app.Main;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A student's and a teacher's way through the lab commands. */
final class LabCommandTest {
  /** Right about words that are none or a page of the simplest kind. */
  private static final String HALF =
      """
      package student;

      public final class MyEntryReader implements org.samepage.labs.task.EntryReader {
        @Override
        public String read(long word) {
          return word == 0 ? "none" : "page pfn=0x104 write dirty young";
        }
      }
      """;

  /** What HALF fails, as the table names it. */
  private static final String FAILED =
      "a guard marker; pages; pages that may not be accessed; swap slots; migration entries;"
          + " markers";

  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int samepage(String... args) {
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void a_student_starts_a_lab_checks_it_and_is_told_what_is_wrong() throws Exception {
    assertThat(samepage("lab", "start", "1", "--seed", "ada", "--dir", path("mine"))).isZero();
    assertThat(out.toString()).contains("complete src/student/MyEntryReader.java");
    assertThat(folder.resolve("mine/TASK.adoc")).exists();
    Files.writeString(folder.resolve("mine/src/student/MyEntryReader.java"), HALF);

    assertThat(samepage("lab", "check", "--dir", path("mine"), "--json", path("v.json")))
        .isEqualTo(1);
    assertThat(out.toString())
        .contains("lab 1, Read a page table; seed ada")
        .contains("ok    1  nothing, and a page\n")
        .contains("FAIL  1  a guard marker\n")
        .contains("at        word 0xfffffffffffff600\n")
        .contains("expected  marker guard\n")
        .contains("actual    page pfn=0x104 write dirty young\n")
        .contains("hint      It is of type 31")
        .contains("1 of 10 points");
    JsonNode verdict = JsonMapper.builder().build().readTree(folder.resolve("v.json"));
    assertThat(verdict.path("points").asInt()).isEqualTo(1);
    assertThat(verdict.path("checks").get(1).path("expected").asString()).isEqualTo("marker guard");
  }

  @Test
  void a_class_is_graded_into_a_table_whatever_is_handed_in() throws Exception {
    for (String student : new String[] {"ada", "bob"}) {
      assertThat(samepage("lab", "start", "1", "--seed", student, "--dir", path(student))).isZero();
    }
    Files.writeString(folder.resolve("ada/src/student/MyEntryReader.java"), HALF);
    Files.writeString(folder.resolve("bob/src/student/MyEntryReader.java"), "package student;");
    Files.createDirectory(folder.resolve("empty"));
    int code =
        samepage(
            "lab", "grade", path("ada"), path("bob"), path("empty"), "--csv", path("class.csv"));
    assertThat(code).isZero();
    assertThat(Files.readAllLines(folder.resolve("class.csv")))
        .containsExactly(
            "folder,seed,lab,points,out_of,outcome,why",
            "\"%s\",\"ada\",1,1,10,graded,\"%s\"".formatted(path("ada"), FAILED),
            "\"%s\",\"bob\",1,0,10,does not compile,\"no class student.MyEntryReader came of it\""
                .formatted(path("bob")),
            "\"%s\",,,0,0,no lab,\"%s is no folder of a lab: lab.properties cannot be read;"
                    .formatted(path("empty"), path("empty"))
                + " 'samepage lab start N' makes one\"");
    assertThat(err.toString()).contains("student code runs with");
  }

  @Test
  void a_kit_has_the_lab_and_the_program() throws Exception {
    assertThat(samepage("lab", "kit", "2", "-o", path("lab.zip"))).isZero();
    try (ZipFile zip = new ZipFile(path("lab.zip"))) {
      assertThat(zip.stream().map(entry -> entry.getName()))
          .contains("README.txt", "samepage", "lab2/TASK.adoc", "lab2/src/student/MySurvey.java")
          .anyMatch(name -> name.startsWith("lib/") && name.endsWith(".jar"));
    }
  }

  @Test
  void mistakes_name_the_choices() throws Exception {
    assertThat(samepage("lab", "start", "9", "--dir", path("x"))).isEqualTo(2);
    assertThat(samepage("lab", "start", "1", "--seed", "a b", "--dir", path("x"))).isEqualTo(2);
    assertThat(samepage("lab", "start", "1", "--dir", folder.toString())).isEqualTo(2);
    assertThat(samepage("lab", "check", "--dir", folder.toString())).isEqualTo(2);
    assertThat(err.toString())
        .contains("there is no lab 9; there are 1 (Read a page table), 2 (Walk it)")
        .contains("a seed is 1 to 64 letters")
        .contains(folder + " is there already")
        .contains("is no folder of a lab")
        .doesNotContain("\tat ");
  }
}
