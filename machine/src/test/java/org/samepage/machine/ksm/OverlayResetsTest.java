// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.ksm.KsmPeek.items;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.wiring.Offer;
import org.samepage.ksm.wiring.StrategyBundle;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.sched.FreeRunning;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.testing.OneThread;

/**
 * The page index that lies over checksum, age and skips, with each of its resets left out, and the
 * guard in smart scan: what each is for.
 *
 * <p>The pages are at 0x600000000000: the index of the first is, as an item's word, age 6, no skips
 * and checksum 0.
 */
final class OverlayResetsTest {
  private static final long HIGH = 0x6000_0000_0000L;
  private static final long INDEX = HIGH >> 12;
  private static final long PAGE = 4096;

  /** The overlay, with one reset left out. */
  abstract static class Forgetful implements RmapItemLayout {
    private static final Set<String> RESETS =
        Set.of("removeNodeFromStableTree", "removeRmapItemFromTree", "breakCow");

    private final String forgets;

    Forgetful(String forgets) {
      this.forgets = forgets;
    }

    @Override
    public int rmapItemSize() {
      return 64;
    }

    @Override
    public void storePageIndex(KsmRmapItem item, long index) {
      item.setAgeWord(index);
    }

    @Override
    public void resetPageIndex(KsmRmapItem item) {
      String caller =
          StackWalker.getInstance()
              .walk(frames ->
                  frames
                      .map(StackWalker.StackFrame::getMethodName)
                      .filter(RESETS::contains)
                      .findFirst()
                      .orElseThrow());
      if (!caller.equals(forgets)) {
        item.setAgeWord(0);
      }
    }

    @Override
    public long pageIndex(KsmRmapItem item) {
      return item.ageWord();
    }

    @Override
    public boolean stableItemsHaveAge() {
      return forgets.equals("guard");
    }
  }

  @StrategySpec(name = "forgets-nothing", summary = "The overlay.", origin = "this test")
  static final class ForgetsNothing extends Forgetful {
    ForgetsNothing() {
      super("");
    }
  }

  @StrategySpec(name = "forgets-node", summary = "No reset with a node.", origin = "this test")
  static final class ForgetsNode extends Forgetful {
    ForgetsNode() {
      super("removeNodeFromStableTree");
    }
  }

  @StrategySpec(name = "forgets-item", summary = "No reset of an item.", origin = "this test")
  static final class ForgetsItem extends Forgetful {
    ForgetsItem() {
      super("removeRmapItemFromTree");
    }
  }

  @StrategySpec(name = "forgets-break", summary = "No reset in break_cow.", origin = "this test")
  static final class ForgetsBreak extends Forgetful {
    ForgetsBreak() {
      super("breakCow");
    }
  }

  @StrategySpec(name = "forgets-guard", summary = "No guard.", origin = "this test")
  static final class ForgetsGuard extends Forgetful {
    ForgetsGuard() {
      super("guard");
    }
  }

  /** All of them. */
  static final class Forgetfuls extends StrategyBundle {
    Forgetfuls() {
      super(
          List.of(
              new Offer<>(RmapItemLayout.class, ForgetsNothing.class),
              new Offer<>(RmapItemLayout.class, ForgetsNode.class),
              new Offer<>(RmapItemLayout.class, ForgetsItem.class),
              new Offer<>(RmapItemLayout.class, ForgetsBreak.class),
              new Offer<>(RmapItemLayout.class, ForgetsGuard.class)));
    }
  }

  private static TestMachine boot(String layout, Sched sched) {
    return TestMachine.boot(
        new Forgetfuls(), sched, "linux-6.19", "strategy.rmap-item-layout=" + layout);
  }

  private static UserProcess process(TestMachine m, int pages) throws Exception {
    UserProcess process = m.machine.newProcess();
    process.mmap(HIGH, pages * PAGE, TestMachine.RW, true);
    process.madvise(HIGH, pages * PAGE, Advice.MERGEABLE);
    for (int i = 0; i < pages; i++) {
      process.writePage(HIGH + i * PAGE, TestMachine.content(1));
    }
    return process;
  }

  /** How many pages each of some passes passes over. */
  private static String skips(TestMachine m, int passes) {
    List<String> log = new ArrayList<>();
    for (int i = 0; i < passes; i++) {
      long before = m.ksm("pages_skipped");
      m.passes(1);
      log.add(Long.toString(m.ksm("pages_skipped") - before));
    }
    return String.join(" ", log);
  }

  /**
   * One page of three is written. Its item leaves the node in the next pass, with age 0; it is
   * looked at at 0, 1, 2 and 3 (one skip), passed over at 4, looked at at 5 (two), passed over at 6
   * and 7, looked at at 8. Not reset it is 6: looked at (four skips), passed over four times,
   * looked at at 11 (eight), and so on.
   */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "forgets-nothing, 0 0 0 0 0 1 0 1 1 0",
    "forgets-node, 0 0 0 0 0 1 0 1 1 0",
    "forgets-break, 0 0 0 0 0 1 0 1 1 0",
    "forgets-item, 0 0 1 1 1 1 0 1 1 1"
  })
  void an_item_that_leaves_its_node_is_young(String layout, String log) throws Exception {
    try (TestMachine m = boot(layout, new FreeRunning())) {
      UserProcess process = process(m, 3);
      m.passes(2);
      process.writePage(HIGH, TestMachine.content(2));
      assertThat(skips(m, 10)).isEqualTo(log);
    }
  }

  /**
   * All three are written, so that the merged page is gone and its node goes with the first item
   * that asks for it; the other two are plain before they are looked at, one pass ahead of the
   * first.
   */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "forgets-nothing, 0 0 0 0 2 1 2 3 1 2",
    "forgets-item, 0 0 0 0 2 1 2 3 1 2",
    "forgets-break, 0 0 0 0 2 1 2 3 1 2",
    "forgets-node, 0 2 3 3 3 1 2 3 3 3"
  })
  void items_whose_node_goes_are_young(String layout, String log) throws Exception {
    try (TestMachine m = boot(layout, new FreeRunning())) {
      UserProcess process = process(m, 3);
      m.passes(2);
      for (int i = 0; i < 3; i++) {
        process.writePage(HIGH + i * PAGE, TestMachine.content(2 + i));
      }
      assertThat(skips(m, 10)).isEqualTo(log);
    }
  }

  /**
   * Two pages are merged but get no node, so that both are given back. Young and without a checksum
   * they are merged in the second pass after that; not reset, they are looked at once, passed over
   * four times, and merged in the sixth.
   */
  @ParameterizedTest(name = "{0}: {1}, merged in pass {2}")
  @CsvSource({
    "forgets-nothing, 0 0 0 0 0 0, 2",
    "forgets-node, 0 0 0 0 0 0, 2",
    "forgets-item, 0 0 0 0 0 0, 2",
    "forgets-break, 0 2 2 2 2 0, 6"
  })
  void items_of_a_merge_that_failed_are_young(String layout, String log, int merged)
      throws Exception {
    try (TestMachine m = boot(layout, new FreeRunning())) {
      UserProcess process = process(m, 2);
      m.passes(1);
      m.machine.failSlab().follow(FailSlab.nth(Alloc.KSM_STABLE_NODE, 1));
      m.passes(1);
      m.machine.failSlab().follow(null);
      assertThat(items(m, process)).hasSize(2).noneMatch(KsmRmapItem::isStable);
      List<String> skipped = new ArrayList<>();
      int first = 0;
      for (int pass = 1; pass <= 6; pass++) {
        skipped.add(skips(m, 1));
        first = first == 0 && m.ksm("pages_sharing") == 1 ? pass : first;
      }
      assertThat(String.join(" ", skipped)).isEqualTo(log);
      assertThat(first).isEqualTo(merged);
    }
  }

  /** Looks at what the items of a process say whenever a folio is about to be locked. */
  private static final class Onlooker extends OneThread {
    private final TreeSet<Long> seen = new TreeSet<>();
    private Runnable look = () -> {};

    @Override
    public void acquiring(LockClass lockClass, Object lock, int id) {
      if (lockClass == LockClass.FOLIO_LOCK) {
        look.run();
      }
    }
  }

  /**
   * Without the guard, smart scan makes a stable item one older, that is its index, and grants it
   * skips, that is its index too; until its removal, an rmap walk goes by that.
   */
  @ParameterizedTest(name = "{0}: an index of {1}")
  @CsvSource({"forgets-nothing, 600000000", "forgets-guard, 40700000000"})
  void a_stable_item_has_no_age_to_count_up(String layout, String index) throws Exception {
    Onlooker onlooker = new Onlooker();
    try (TestMachine m = boot(layout, onlooker)) {
      UserProcess process = process(m, 3);
      m.passes(2);
      process.writePage(HIGH, TestMachine.content(2));
      KsmRmapItem item = items(m, process).getFirst();
      onlooker.look =
          () -> {
            if (item.isStable()) {
              onlooker.seen.add(item.ageWord());
            }
          };
      m.passes(1);
      onlooker.look = () -> {};
      assertThat(onlooker.seen).containsExactly(Long.parseLong(index, 16));
      assertThat(item.isStable()).isFalse();
    }
  }

  @Test
  void the_index_at_that_address_is_an_age_of_6() {
    assertThat(INDEX >>> 32).isEqualTo(6);
  }
}
