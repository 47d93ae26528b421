// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samepage.app.Main;
import org.w3c.dom.NodeList;

/** What a picture shows is what the machine has at that line. */
final class DrawCommandTest {
  @TempDir Path folder;
  private final StringWriter err = new StringWriter();

  private Path scenario() throws Exception {
    return Files.writeString(
        folder.resolve("x.scenario"),
        """
        process A
        A mmap X 8p
        A madvise X MERGEABLE
        A write X[0..4p] id=1
        A madvise X[6p..8p] GUARD_INSTALL
        scan 3
        A fork B
        B write X[0] id=2
        """);
  }

  private int draw(String... args) {
    List<String> all = new ArrayList<>(List.of("draw"));
    all.addAll(List.of(args));
    return Main.run(
        new PrintWriter(new StringWriter(), true),
        new PrintWriter(err, true),
        all.toArray(String[]::new));
  }

  /** The texts of a picture, which must be well-formed. */
  private List<String> texts(String place, String what, String... more) throws Exception {
    Path picture = folder.resolve("x.svg");
    List<String> args = new ArrayList<>(List.of(place, what, "-o", picture.toString()));
    args.addAll(List.of(more));
    assertThat(draw(args.toArray(String[]::new))).as(err.toString()).isZero();
    NodeList texts =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(picture.toFile())
            .getElementsByTagName("text");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < texts.getLength(); i++) {
      lines.add(texts.item(i).getTextContent());
    }
    return lines;
  }

  @Test
  void tables_show_pages_guards_and_how_often_a_frame_is_mapped() throws Exception {
    Path file = scenario();
    assertThat(texts(file + ":4", "tables"))
        .contains("page tables of A", "[0] frame 0x104 write dirty", "[3] frame 0x107 write dirty")
        .doesNotContain("[6..7] guard");
    List<String> merged = texts(file + ":6", "tables");
    assertThat(merged).contains("[6..7] guard");
    assertThat(merged).anyMatch(t -> t.startsWith("[0..3] frame") && t.endsWith("mapped 4 times"));
    assertThat(texts(file.toString(), "tables", "--process", "B"))
        .contains("page tables of B")
        .anyMatch(t -> t.startsWith("[1..3] frame") && t.endsWith("mapped 7 times"));
  }

  @Test
  void vmas_show_rights_offsets_and_holes() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("v.scenario"),
            """
            process A
            A mmap X 8p
            A mprotect X[2p..4p] r
            A munmap X[6p..7p]
            A write X[7p] id=1
            A madvise X[7p] MERGEABLE
            """);
    assertThat(texts(file.toString(), "vmas"))
        .containsExactly(
            "VMAs of A",
            "0x100000000000-0x100000002000, 2 pages",
            "rw- private, offset 0x100000000, no anon_vma",
            "0x100000002000-0x100000004000, 2 pages",
            "r-- private, offset 0x100000002, no anon_vma",
            "0x100000004000-0x100000006000, 2 pages",
            "rw- private, offset 0x100000004, no anon_vma",
            "a hole of 1 page",
            "0x100000007000-0x100000008000, 1 page",
            "rw- private, offset 0x100000007, anon_vma 1, mergeable");
    assertThat(texts(file + ":1", "vmas")).containsExactly("VMAs of A", "none");
  }

  @Test
  void items_show_what_is_merged_how_old_they_are_and_what_will_be_skipped() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("i.scenario"),
            """
            process A
            A mmap X 8p
            A madvise X MERGEABLE
            A write X[0..4p] id=1
            A write X[5p] id=9
            scan 1
            scan 3
            """);
    assertThat(texts(file + ":5", "items")).containsExactly("items of A", "none");
    assertThat(texts(file + ":6", "items"))
        .containsExactly(
            "items of A",
            "pages 0x100000000000 to 0x100000003000 (4)",
            "in no tree, age 1, looked at in the next pass",
            "page 0x100000005000",
            "in no tree, age 1, looked at in the next pass");
    // what is merged no longer grows older
    assertThat(texts(file.toString(), "items"))
        .contains(
            "pages 0x100000000000 to 0x100000003000 (4)",
            "merged, age 2, looked at in the next pass",
            "page 0x100000005000");
  }

  @Test
  void trees_show_what_is_merged_and_what_waits() throws Exception {
    Path file = scenario();
    assertThat(texts(file + ":5", "trees")).filteredOn("empty"::equals).hasSize(2);
    assertThat(texts(file + ":6", "trees"))
        .contains("4 items")
        .filteredOn("empty"::equals)
        .hasSize(1);
  }

  @Test
  void interval_trees_of_a_child_are_its_parents_and_its_own() throws Exception {
    String file = scenario().toString();
    List<String> parents = texts(file, "interval-tree");
    assertThat(parents).filteredOn(t -> t.startsWith("anon_vma")).hasSize(1);
    assertThat(parents)
        .contains("A 0x100000000000-0x100000008000", "B 0x100000000000-0x100000008000");
    List<String> childs = texts(file, "interval-tree", "--process", "B");
    assertThat(childs).filteredOn(t -> t.startsWith("anon_vma")).hasSize(2);
    assertThat(childs).filteredOn("B 0x100000000000-0x100000008000"::equals).hasSize(2);
    assertThat(childs).filteredOn("A 0x100000000000-0x100000008000"::equals).hasSize(1);
  }

  @Test
  void a_chain_shows_its_duplicates_and_how_full_they_are() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("c.scenario"),
            """
            ksm max_page_sharing=4
            process A
            A mmap X 10p
            A madvise X MERGEABLE
            A write X id=1
            scan 3
            """);
    List<String> drawn = texts(file.toString(), "trees");
    assertThat(drawn).contains("chain of 3 duplicates");
    assertThat(drawn)
        .filteredOn(line -> line.startsWith("frame"))
        .singleElement()
        .asString()
        .matches("frame 0x10d: 2 items, 0x10.: 4, 0x10.: 4");
  }

  @Test
  void mistakes_name_the_choices() throws Exception {
    String file = scenario().toString();
    String target = folder.resolve("x.svg").toString();
    assertThat(draw(file, "lists", "-o", target)).isEqualTo(2);
    assertThat(draw(file, "tables", "-o", target, "--process", "C")).isEqualTo(2);
    assertThat(draw(file + ":0", "tables", "-o", target)).isEqualTo(2);
    assertThat(err.toString())
        .contains("lists cannot be drawn; there are vmas, tables, interval-tree, items, trees")
        .contains("there is no process C at that line; there are A, B")
        .contains("there is no process at that line");
  }
}
