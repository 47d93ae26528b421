// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samepage.app.Main;
import org.samepage.app.output.SkeletonFiles;
import org.samepage.app.workbench.UserMistakeException;

/** {@code samepage selftest} as users meet it. */
final class SelftestCommandTest {
  private record Result(int code, String out, String err) {}

  private static Result selftest(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] all = new String[args.length + 1];
    all[0] = "selftest";
    System.arraycopy(args, 0, all, 1, args.length);
    int code = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), all);
    return new Result(code, out.toString(), err.toString());
  }

  @Test
  void results_are_ktap_with_ids_and_upstreams_names() {
    Result result = selftest("MD-0[12]", "KF-06");
    assertThat(result.code).isZero();
    assertThat(result.out.lines())
        .containsExactly(
            "KTAP version 1",
            "1..2",
            "  KTAP version 1",
            "  # Subtest: ksm_functional_tests",
            "  1..1",
            "  ok 1 KF-06 Setting/clearing PR_SET_MEMORY_MERGE works",
            "ok 1 ksm_functional_tests",
            "  KTAP version 1",
            "  # Subtest: mremap_dontunmap",
            "  1..2",
            "  ok 1 MD-01 mremap_dontunmap_simple",
            "  ok 2 MD-02 mremap_dontunmap_simple_shmem",
            "ok 2 mremap_dontunmap",
            "# Totals: pass:3 fail:0 xfail:0 xpass:0 skip:0 error:0");
    assertThat(result.err).isEmpty();
  }

  @Test
  void cases_are_chosen_by_id_name_or_program_whatever_the_case_of_letters() {
    assertThat(selftest("--list", "gr-01.?").out.lines()).hasSize(1 + 3);
    assertThat(selftest("--list", "*ksm_merge").out).contains("MG-09");
    assertThat(selftest("--list", "mremap_dontunmap").out.lines()).hasSize(1 + 5);
  }

  @Test
  void where_everything_is_skipped_the_code_says_so() {
    Result result = selftest("GR-13.s");
    assertThat(result.code).isEqualTo(4);
    assertThat(result.out).contains("ok 1 guard-regions # SKIP");
  }

  @Test
  void a_known_fault_of_6_18_does_not_fail_and_a_strategy_with_a_fault_does() {
    Result known = selftest("MG-17");
    assertThat(known.code).isZero();
    assertThat(known.out).contains("# XFAIL kernels before 7.3");
    Result faulty = selftest("OW-01", "--profile", "ksm-v3");
    assertThat(faulty.code).as("the thread's v3 takes a guard for a page").isEqualTo(1);
    assertThat(faulty.out).contains("not ok 1 OW-01").contains("# BUG: Bad page map");
  }

  @Test
  void mistakes_are_told_in_one_line_with_the_choices() {
    Result unknown = selftest("XY-*");
    assertThat(unknown.code).isEqualTo(2);
    assertThat(unknown.err).contains("no case is called XY-*").contains("guard-regions");
    assertThat(unknown.err.lines()).hasSize(1);
    Result profile = selftest("--profile", "linux-9.9", "MD-01");
    assertThat(profile.code).isEqualTo(2);
    assertThat(profile.err).contains("unknown profile linux-9.9");
    Result choice = selftest("--backend", "host", "--profile", "linux-6.18", "MD-01");
    assertThat(choice.code).isEqualTo(2);
    assertThat(choice.err).contains("--profile");
  }

  @Test
  void a_skeleton_is_written_once_and_entered(@TempDir Path checkout) throws Exception {
    Path suites = checkout.resolve("selftests/src/main/java/org/samepage/selftests/suites");
    Path services = checkout.resolve("selftests/src/main/resources/META-INF/services");
    Files.createDirectories(suites);
    Files.createDirectories(services);
    Path entries = services.resolve("org.samepage.selftests.run.Suite");
    Files.writeString(entries, "a.Suite\n");
    assertThat(SkeletonFiles.write(checkout, "map_populate").getFirst()).contains("MapPopulate");
    assertThat(Files.readString(suites.resolve("MapPopulateSuite.java")))
        .contains("final class MapPopulateSuite implements Suite");
    assertThat(Files.readAllLines(entries))
        .containsExactly("a.Suite", "org.samepage.selftests.suites.MapPopulateSuite");
    assertThatThrownBy(() -> SkeletonFiles.write(checkout, "map_populate"))
        .isInstanceOf(UserMistakeException.class)
        .hasMessageContaining("is there already");
    assertThatThrownBy(() -> SkeletonFiles.write(checkout, "merge"))
        .hasMessage("merge is ported: MergeSuite");
    for (String name : new String[] {"../x", "a"}) {
      assertThatThrownBy(() -> SkeletonFiles.write(checkout, name))
          .hasMessageContaining("is no name of a program");
    }
  }
}
