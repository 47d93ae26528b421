// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import net.jpountz.xxhash.XXHashFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.scenario.backend.PresentPages;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.testing.Scenarios;
import tools.jackson.databind.node.ObjectNode;

final class ResultTest {
  @TempDir Path folder;

  /** Pages of random bytes at rising addresses. */
  private static final class RandomPages implements PresentPages {
    private final byte[][] bytes;

    RandomPages(int count) {
      SplittableRandom random = new SplittableRandom(count);
      bytes = new byte[count][4096];
      for (byte[] page : bytes) {
        random.nextBytes(page);
      }
    }

    @Override
    public int count() {
      return bytes.length;
    }

    @Override
    public long address(int index) {
      return 0x1000_0000_0000L + index * 0x5000L;
    }

    @Override
    public long frame(int index) {
      return index;
    }

    @Override
    public boolean isZeroPage(int index) {
      return false;
    }

    @Override
    public void read(int index, byte[] page) {
      System.arraycopy(bytes[index], 0, page, 0, 4096);
    }
  }

  @ParameterizedTest(name = "{0} pages")
  @ValueSource(ints = {0, 1, 2, 3, 17, 100})
  void the_content_hash_is_xxh64_of_addresses_and_bytes_in_a_row(int count) {
    RandomPages pages = new RandomPages(count);
    ByteBuffer all = ByteBuffer.allocate(count * (8 + 4096)).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      all.putLong(pages.address(i)).put(pages.bytes[i]);
    }
    long expected = XXHashFactory.safeInstance().hash64().hash(all.array(), 0, all.capacity(), 0);
    assertThat(ContentHash.of(pages)).isEqualTo("%016x".formatted(expected));
  }

  private static ObjectNode tree(String... lines) throws Exception {
    return ResultJson.tree(Scenarios.run(lines).document());
  }

  private static final String[] SMALL = {
    "process A", "A mmap X 8p", "A madvise X MERGEABLE", "A write X cycle=2", "scan 3"
  };

  @Test
  void keys_come_in_the_order_of_the_specification() throws Exception {
    ObjectNode tree = tree(SMALL);
    assertThat(tree.propertyNames())
        .containsExactly(
            "scenario", "backend", "ksm", "processes", "sharing", "failures", "work", "reports");
    assertThat(tree.path("processes").path("A").propertyNames())
        .containsExactly("ksm", "maps", "present", "frames", "content");
    assertThat(List.copyOf(tree.path("ksm").propertyNames())).isSorted().hasSize(23);
    assertThat(tree.path("sharing").toString()).isEqualTo("[[4,2]]");
  }

  @Test
  void what_is_written_can_be_read_and_is_equal() throws Exception {
    var document = Scenarios.run(SMALL).document();
    Path file = Files.writeString(folder.resolve("x.json"), ResultJson.pretty(document));
    assertThat(ResultComparison.differences(ResultJson.read(file), ResultJson.tree(document)))
        .isEmpty();
    assertThat(ResultJson.compact(document)).doesNotContain("\n");
  }

  @Test
  void each_field_that_differs_is_named_with_both_values() throws Exception {
    ObjectNode one = tree(SMALL);
    ObjectNode other =
        tree(
            "process A",
            "A mmap X 8p",
            "A madvise X MERGEABLE",
            "A write X cycle=2",
            "scan 2",
            "process B");
    List<String> differences = ResultComparison.differences(one, other);
    assertThat(differences)
        .containsExactly(
            "ksm.full_scans: 3 / 2",
            "ksm.pages_scanned: 24 / 16",
            "processes.B: nothing / " + other.path("processes").path("B"));
  }

  @Test
  void scenario_backend_work_and_reports_do_not_count() throws Exception {
    ObjectNode one = tree(SMALL);
    ObjectNode other = tree(SMALL);
    other.put("scenario", "x").put("backend", "host").remove("work");
    other.remove("reports");
    assertThat(ResultComparison.differences(one, other)).isEmpty();
    other.putArray("failures").add("x");
    assertThat(ResultComparison.differences(one, other)).containsExactly("failures: [] / [\"x\"]");
  }

  @Test
  void a_file_that_is_no_document_is_refused() throws Exception {
    Path broken = Files.writeString(folder.resolve("broken.json"), "{ \"scenario\": ");
    assertThatThrownBy(() -> ResultJson.read(broken)).hasMessageContaining("is no JSON");
    Path list = Files.writeString(folder.resolve("list.json"), "[1]");
    assertThatThrownBy(() -> ResultJson.read(list)).hasMessageContaining("no result document");
  }

  @Test
  void the_recorded_results_of_the_corpus_are_documents_of_their_scenarios() throws Exception {
    try (var files = Files.list(Scenarios.folder())) {
      for (Path file : files.filter(f -> f.toString().endsWith(".expected.json")).toList()) {
        String name = file.getFileName().toString().replace(".expected.json", "");
        assertThat(ResultJson.read(file).path("scenario").asString()).isEqualTo(name);
        assertThat(ScenarioParser.parse(Scenarios.folder().resolve(name + ".scenario")).name())
            .isEqualTo(name);
      }
    }
  }
}
