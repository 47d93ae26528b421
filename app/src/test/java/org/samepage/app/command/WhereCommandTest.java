// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.app.Main;

/** A kernel developer opens the port in the middle: by a name. */
final class WhereCommandTest {
  private static final Path ROOT = Path.of(System.getProperty("samepage.root"));
  private static final Pattern PLACE = Pattern.compile("  at        (\\S+\\.java):(\\d+)");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int where(String... names) {
    String[] args = new String[names.length + 1];
    args[0] = "where";
    System.arraycopy(names, 0, args, 1, names.length);
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
  }

  @ParameterizedTest
  @CsvSource({
    "break_ksm, mm/ksm.c, breakPage",
    "scan_get_next_rmap_item, mm/ksm.c, scanGetNextRmapItem",
    "cmp_and_merge_page, mm/ksm.c, cmpAndMergePage",
    "try_to_merge_one_page, mm/ksm.c, tryToMergeOnePage",
    "stable_tree_search, mm/ksm.c, stableTreeSearch",
    "unstable_tree_search_insert, mm/ksm.c, unstableTreeSearchInsert",
    "rmap_walk_ksm, mm/ksm.c, rmapWalkKsm",
    "ksm_madvise, mm/ksm.c, ksmMadviseMergeable",
    "should_skip_rmap_item, mm/ksm.c, shouldSkipRmapItem",
    "stable_node_dup, mm/ksm.c, stableNodeDup",
    "anon_vma_clone, mm/rmap.c, anonVmaClone",
    "anon_vma_fork, mm/rmap.c, anonVmaFork",
    "unlink_anon_vmas, mm/rmap.c, unlinkAnonVmas",
    "rmap_walk_anon, mm/rmap.c, rmapWalkAnon",
    "try_to_unmap_one, mm/rmap.c, rmapOne",
    "walk_page_range, mm/pagewalk.c, walkPageRange",
    "walk_pte_range, mm/pagewalk.c, walkPteRange",
    "walk_pmd_range, mm/pagewalk.c, walkPmdRange",
    "walk_page_test, mm/pagewalk.c, walkPageTest",
    "folio_walk_start, mm/pagewalk.c, folioWalkStart"
  })
  void a_ported_function_is_shown_with_the_line_that_declares_it(
      String symbol, String file, String method) throws Exception {
    assertThat(where(symbol)).isZero();
    assertThat(out.toString())
        .startsWith(symbol + ", " + file + "\n")
        .contains("  fidelity  ", "  differs   ", "  tests     ", "  kernel    ");
    Matcher places = PLACE.matcher(out.toString());
    boolean found = false;
    while (places.find()) {
      String line =
          Files.readAllLines(ROOT.resolve(places.group(1)))
              .get(Integer.parseInt(places.group(2)) - 1);
      found |= line.matches("  .*\\w " + method + "\\(.*");
    }
    assertThat(found).as(out.toString()).isTrue();
  }

  @Test
  void what_stands_for_all_of_a_function_comes_before_its_parts() {
    assertThat(where("stable_tree_search")).isZero();
    assertThat(out.toString())
        .startsWith("stable_tree_search, mm/ksm.c\n  java      StableTree.stableTreeSearch\n");
  }

  @Test
  void what_is_left_out_says_why() {
    assertThat(where("anon_vma_ctor", "mm/rmap.c:page_mkclean_one")).isZero();
    assertThat(out.toString())
        .isEqualTo(
            """
            anon_vma_ctor, mm/rmap.c
              left out  a constructor of AnonVma does it; no slab cache
            page_mkclean_one, mm/rmap.c
              left out  not yet: write-back of files
            """);
  }

  @Test
  void a_java_name_is_understood_too() {
    assertThat(where("AnonVmas.anonVmaClone")).isZero();
    assertThat(out.toString()).startsWith("anon_vma_clone, mm/rmap.c\n");
  }

  @Test
  void strategies_are_found_in_their_own_jar() {
    assertThat(where("ksm_next_page_pmd_entry")).isZero();
    assertThat(out.toString()).contains("strategies/src/main/java/").contains("NextPageOps");
  }

  @Test
  void a_typo_is_answered_with_what_was_meant() {
    assertThat(where("break_ksm", "brake_ksm")).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString())
        .startsWith("samepage: no symbol brake_ksm in the port map; did you mean break_ksm")
        .hasLineCount(1);
  }
}
