// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.capture.format.CaptureException;
import org.samepage.capture.format.CapturedProcess;
import org.samepage.capture.format.Contents;
import org.samepage.capture.testing.Drawn;
import org.samepage.capture.testing.MadeUp;
import org.samepage.ksm.wiring.StrategyCatalogue;
import org.samepage.machine.config.ConfigLoader;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.config.MachineConfig;
import org.samepage.machine.wiring.MachineBoot;

/** Predictions from captures that were put together by hand. Figures are those of a Linux 6.18. */
final class PredictorTest {
  private static final ClassLoader LOADER = PredictorTest.class.getClassLoader();
  private static final StrategyCatalogue CATALOGUE = StrategyCatalogue.load(LOADER);
  private static final ConfigLoader CONFIGS = new ConfigLoader(LOADER, CATALOGUE);

  @TempDir Path folder;

  private static MachineConfig config(String... settings) {
    return CONFIGS.load(new ConfigSource("linux-6.18", null, List.of(settings)));
  }

  private static Prediction predict(Path file, MergeScope scope, String... settings)
      throws IOException, CaptureException {
    Predictor predictor = new Predictor(new MachineBoot(CATALOGUE));
    return predictor.predict(
        file, Predictor.census(file), new Predictor.Wish(config(settings), scope, null), _ -> {});
  }

  private Prediction predict(Drawn drawn, String... settings) throws Exception {
    return predict(drawn.file(folder), MergeScope.ALL, settings);
  }

  /** Recorded: so many equal pages of one process give so many shared, sharing, unshared. */
  @ParameterizedTest
  @CsvSource({"10,1,9,0", "257,1,255,1", "600,3,597,0"})
  void equal_pages_are_merged_as_the_kernel_does(int pages, long shared, long sharing, long alone)
      throws Exception {
    Prediction p = predict(new Drawn().snapshot(0).process(5, 1, Drawn.same(pages, 7)));
    assertThat(p.figures())
        .containsEntry("pages_shared", shared)
        .containsEntry("pages_sharing", sharing)
        .containsEntry("pages_unshared", alone)
        .containsEntry("general_profit", 4096 * sharing - 64L * pages);
    assertThat(p.rmapItems()).isEqualTo(pages);
    assertThat(p.ideal()).isEqualTo(pages - 1);
  }

  /** What more passes would show, the second pass has where nothing is left to merge. */
  @ParameterizedTest
  @CsvSource({"600,40,2", "257,40,3", "1,40,2", "10,1,2"})
  void passes_end_where_nothing_is_left_to_merge(int same, int others, int passes)
      throws Exception {
    Drawn drawn =
        new Drawn()
            .snapshot(0)
            .process(5, 1, Drawn.same(same, 7))
            .process(6, 1, Drawn.distinct(others, 1_000));
    Path file = drawn.file(folder);
    Prediction settled = predict(file, MergeScope.ALL);
    assertThat(settled.passes()).hasSize(passes);
    Prediction longer =
        new Predictor(new MachineBoot(CATALOGUE))
            .predict(
                file,
                Predictor.census(file),
                new Predictor.Wish(config(), MergeScope.ALL, 5),
                _ -> {});
    assertThat(longer.passes()).hasSize(5);
    for (String figure : List.of(Figures.SHARED, Figures.SHARING, Figures.PROFIT)) {
      assertThat(settled.figure(figure)).as(figure).isEqualTo(longer.figure(figure));
    }
  }

  @Test
  void distinct_pages_stay_alone_and_cost() throws Exception {
    Prediction p = predict(new Drawn().snapshot(0).process(5, 1, Drawn.distinct(100, 1)));
    assertThat(p.savedPages()).isZero();
    assertThat(p.figure(Figures.UNSHARED)).isEqualTo(100);
    assertThat(p.figure(Figures.PROFIT)).isEqualTo(-6400);
    assertThat(p.processes()).singleElement().extracting(ProcessProfit::profit).isEqualTo(-6400L);
  }

  @Test
  void zeros_go_to_the_zero_page_where_that_is_wanted() throws Exception {
    Drawn drawn = new Drawn().snapshot(0).process(5, 1, Drawn.same(20, 0));
    Path file = drawn.file(folder);
    Prediction merged = predict(file, MergeScope.ALL);
    assertThat(merged.figure(Figures.SHARING)).isEqualTo(19);
    Prediction zero = predict(file, MergeScope.ALL, "ksm.use_zero_pages=1");
    assertThat(zero.figure(Figures.ZERO_PAGES)).isEqualTo(20);
    assertThat(zero.figure(Figures.SHARED)).isZero();
  }

  @Test
  void merged_pages_are_told_apart_by_who_has_them() throws Exception {
    Drawn drawn =
        new Drawn()
            .snapshot(0)
            .process(new CapturedProcess(1, 0, 10, "a"), new long[] {1, 1, 2, 3, 4}, new long[0])
            .process(new CapturedProcess(2, 0, 10, "b"), new long[] {2, 3, 5}, new long[0])
            .process(new CapturedProcess(3, 0, 11, "c"), new long[] {3, 3, 6}, new long[0]);
    Prediction p = predict(drawn);
    assertThat(p.exposure().withinProcess()).isEqualTo(2);
    assertThat(p.exposure().acrossProcesses()).isEqualTo(2);
    assertThat(p.exposure().acrossUsers()).isEqualTo(4);
    // an item is asked about twice, once for its own mm and once for later forks
    assertThat(p.exposure().longestWalk()).isEqualTo(8);
  }

  /** A page that parent and child have in common is not merged with itself. */
  @Test
  void pages_shared_since_a_fork_are_one_frame() throws Exception {
    long[] contents = Drawn.distinct(50, 1);
    long[] frames = Drawn.distinct(50, 1000);
    long[] childs = contents.clone();
    long[] childFrames = frames.clone();
    childs[7] = 999; // written since
    childFrames[7] = 0;
    childs[8] = -1; // given up since
    Drawn drawn =
        new Drawn()
            .snapshot(0)
            .process(new CapturedProcess(10, 1, 1, "parent"), contents, frames)
            .process(new CapturedProcess(11, 10, 1, "child"), childs, childFrames);
    Prediction p = predict(drawn);
    assertThat(p.copied()).isZero();
    assertThat(p.savedPages()).isZero();
    assertThat(p.rmapItems()).isEqualTo(99);
    assertThat(p.figure(Figures.UNSHARED)).isEqualTo(51);
    assertThat(p.figure(Figures.VOLATILE)).isEqualTo(48);
  }

  @Test
  void the_same_pages_without_a_frame_in_common_are_merged() throws Exception {
    Drawn drawn =
        new Drawn()
            .snapshot(0)
            .process(10, 1, Drawn.distinct(50, 1))
            .process(11, 10, Drawn.distinct(50, 1));
    assertThat(predict(drawn).figure(Figures.SHARING)).isEqualTo(50);
  }

  @Test
  void only_what_was_named_is_merged() throws Exception {
    Drawn drawn =
        new Drawn()
            .snapshot(0)
            .process(1, 0, Drawn.same(10, 1))
            .process(2, 0, Drawn.same(10, 1))
            .process(3, 0, Drawn.same(10, 1));
    Path file = drawn.file(folder);
    assertThat(predict(file, MergeScope.of("p2")).figure(Figures.SHARING)).isEqualTo(9);
    assertThat(predict(file, MergeScope.of("[heap]")).figure(Figures.SHARING)).isEqualTo(29);
    assertThat(predict(file, MergeScope.of("10002000-10004000")).figure(Figures.SHARING))
        .isEqualTo(5);
    assertThat(predict(file, MergeScope.of("nobody")).passes()).isEmpty();
    assertThat(predict(file, MergeScope.FLAGGED).passes()).isEmpty();
  }

  @Test
  void a_page_that_changes_between_snapshots_is_not_merged() throws Exception {
    Drawn drawn = new Drawn();
    for (int i = 0; i < 60; i++) {
      drawn
          .snapshot(i)
          .process(1, 0, new long[] {1, 2, 100 + i % 7, 4})
          .process(2, 0, new long[] {1, 2, 100 + i % 7, i < 30 ? -1 : 4});
    }
    // a pass of 6 to 8 pages, a page each second
    Prediction p = predict(drawn, "ksm.pages_to_scan=1", "ksm.sleep_millisecs=1000");
    assertThat(p.moved()).isEqualTo(3);
    assertThat(p.figure(Figures.SHARING)).isEqualTo(3);
    assertThat(p.figure(Figures.VOLATILE)).isEqualTo(2);
  }

  @Test
  void milestones_are_in_order_and_time_is_batches_and_sleeps() throws Exception {
    Drawn drawn = new Drawn().snapshot(0).process(1, 0, Drawn.same(200, 3));
    Prediction p = predict(drawn, "ksm.pages_to_scan=10", "ksm.sleep_millisecs=100");
    assertThat(p.milestones()).extracting(Milestone::percent).containsExactly(50, 90, 99);
    Milestone half = p.milestones().getFirst();
    assertThat(half.pass()).isEqualTo(2);
    // the second pass begins after 21 batches, the last of which finds the first pass over; each
    // takes 100 ms and a tick
    assertThat(half.scanned()).isBetween(290L, 310L);
    assertThat(half.nanos()).isBetween(3_000_000_000L, 3_400_000_000L);
  }

  /** Files that hold together, and say anything. */
  @Test
  void made_up_captures_are_predicted_or_refused() throws Exception {
    int predicted = 0;
    for (long seed = 0; seed < 40; seed++) {
      Path file = folder.resolve("made-up.capture");
      Files.write(file, MadeUp.file(seed, seed % 2 == 0 ? Contents.HASH : Contents.FULL));
      Throwable refused = catchThrowable(() -> predict(file, MergeScope.ALL));
      if (refused != null) {
        assertThat(refused).as("seed %d", seed).isInstanceOf(IOException.class);
      } else {
        predicted++;
      }
    }
    assertThat(predicted).isPositive();
  }

  @Test
  void damaged_captures_end_with_an_error() throws Exception {
    byte[] whole = MadeUp.file(3, Contents.HASH);
    Random random = new Random(11);
    for (int i = 0; i < 300; i++) {
      byte[] mutant = whole.clone();
      mutant[random.nextInt(mutant.length)] ^= (byte) (1 << random.nextInt(8));
      Path file = Files.write(folder.resolve("mutant.capture"), mutant);
      assertThat(catchThrowable(() -> predict(file, MergeScope.ALL)))
          .as("mutant %d", i)
          .isInstanceOf(CaptureException.class);
    }
  }

  @Test
  void a_document_has_the_figures() throws Exception {
    Path file = new Drawn().snapshot(0).process(5, 1, Drawn.same(10, 7)).file(folder);
    String json =
        PredictionJson.pretty(Predictor.census(file), List.of(predict(file, MergeScope.ALL)));
    Map<?, ?> root = new tools.jackson.databind.ObjectMapper().readValue(json, Map.class);
    Map<?, ?> first = (Map<?, ?>) ((List<?>) root.get("predictions")).getFirst();
    assertThat((Map<?, ?>) first.get("ksm")).extracting("pages_sharing").isEqualTo(9);
  }
}
