// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.rb.RbTree;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.AnonVmaChain;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;

final class AnonVmaIntervalTreeTest {
  private static final long EVERYTHING = -1L;

  private final TestMemory memory = new TestMemory();
  private final Mm mm = memory.mm();
  private final AnonVma anonVma = new AnonVma(1, memory.sched);
  private final WorkCounters work = new WorkCounters();
  private final RbRoot root = anonVma.rbRoot;

  @AfterEach
  void close() {
    memory.close();
  }

  private AnonVmaChain insert(long pgoff, long pages) {
    VmArea vma = new VmArea(mm, 0, pages * 4096, TestMemory.RW, pgoff);
    AnonVmaChain avc = new AnonVmaChain(vma, anonVma);
    AnonVmaIntervalTree.anonVmaIntervalTreeInsert(avc, root);
    return avc;
  }

  private List<AnonVmaChain> query(long first, long last) {
    List<AnonVmaChain> found = new ArrayList<>();
    AnonVmaChain avc = AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(root, first, last, work);
    while (avc != null) {
      found.add(avc);
      avc = AnonVmaIntervalTree.anonVmaIntervalTreeIterNext(avc, first, last, work);
    }
    return found;
  }

  @Test
  void both_ends_of_an_interval_are_in_it() {
    AnonVmaChain avc = insert(10, 5);
    assertThat(query(14, 14)).containsExactly(avc);
    assertThat(query(10, 10)).containsExactly(avc);
    assertThat(query(15, 20)).isEmpty();
    assertThat(query(0, 9)).isEmpty();
    assertThat(query(0, EVERYTHING)).containsExactly(avc);
  }

  @Test
  void equal_starts_are_met_in_the_order_of_insertion_and_reinsertion_moves_to_the_end() {
    AnonVmaChain first = insert(7, 1);
    AnonVmaChain second = insert(7, 3);
    AnonVmaChain third = insert(7, 2);
    assertThat(query(0, EVERYTHING)).containsExactly(first, second, third);
    AnonVmaIntervalTree.anonVmaIntervalTreeRemove(first, root);
    AnonVmaIntervalTree.anonVmaIntervalTreeInsert(first, root);
    assertThat(query(0, EVERYTHING)).containsExactly(second, third, first);
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4})
  void agrees_with_a_plain_list(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<AnonVmaChain> list = new ArrayList<>();
    Comparator<AnonVmaChain> byStart = Comparator.comparingLong(avc -> avc.vma.vmPgoff);
    for (int step = 0; step < 4000; step++) {
      if (list.isEmpty() || random.nextInt(5) < 3) {
        list.add(insert(random.nextLong(2000), 1 + random.nextLong(50)));
      } else {
        AnonVmaIntervalTree.anonVmaIntervalTreeRemove(
            list.remove(random.nextInt(list.size())), root);
      }
      long first = random.nextLong(2050);
      long last = first + random.nextLong(20);
      List<AnonVmaChain> expected =
          list.stream()
              .filter(avc ->
                  avc.vma.vmPgoff <= last && first <= avc.vma.vmPgoff + avc.vma.vmaPages() - 1)
              .sorted(byStart)
              .toList();
      assertThat(query(first, last)).isEqualTo(expected);
    }
  }

  @Test
  void offsets_are_unsigned() {
    AnonVmaChain low = insert(1, 1);
    AnonVmaChain high = insert(0x8000_0000_0000_0000L, 2);
    assertThat(query(0, EVERYTHING)).containsExactly(low, high);
    assertThat(query(0x8000_0000_0000_0001L, EVERYTHING)).containsExactly(high);
  }

  /** Where offsets of the long test start: low ones, around the sign bit, and the highest. */
  private static final long[] REGIONS = {0, Long.MAX_VALUE - 4000, -8000};

  private static final int MAX_PAGES = 60;

  private static long pgoff(SplittableRandom random) {
    return REGIONS[random.nextInt(REGIONS.length)] + random.nextLong(7900);
  }

  /** The position of the first node of a sorted list that starts at an offset or after it. */
  private static int position(List<AnonVmaChain> list, long pgoff, boolean after) {
    int low = 0;
    int high = list.size();
    while (low < high) {
      int mid = (low + high) >>> 1;
      int order = Long.compareUnsigned(list.get(mid).vma.vmPgoff, pgoff);
      if (order < 0 || (after && order == 0)) {
        low = mid + 1;
      } else {
        high = mid;
      }
    }
    return low;
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = 20_260_101)
  void a_million_steps_meet_the_nodes_of_a_sorted_list_in_its_order(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<AnonVmaChain> list = new ArrayList<>();
    int most = 0;
    for (int step = 0; step < 1_000_000; step++) {
      int kind = random.nextInt(3);
      if (kind == 0 ? list.size() < 4000 : list.size() < 1000) {
        AnonVmaChain avc = insert(pgoff(random), 1 + random.nextLong(MAX_PAGES));
        list.add(position(list, avc.vma.vmPgoff, true), avc);
        most = Math.max(most, list.size());
      } else if (kind < 2) {
        AnonVmaChain gone = list.remove(random.nextInt(list.size()));
        AnonVmaIntervalTree.anonVmaIntervalTreeRemove(gone, root);
      } else {
        boolean all = random.nextInt(2000) == 0;
        long first = all ? 0 : pgoff(random);
        long last = all ? EVERYTHING : first + random.nextLong(40);
        sameAsList(list, first, last, "seed " + seed + ", step " + step);
      }
    }
    assertThat(most).isGreaterThan(1000);
  }

  private void sameAsList(List<AnonVmaChain> list, long first, long last, String what) {
    long earliest = Long.compareUnsigned(first, MAX_PAGES) < 0 ? 0 : first - MAX_PAGES;
    AnonVmaChain met = AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(root, first, last, work);
    for (int i = position(list, earliest, false); i < list.size(); i++) {
      AnonVmaChain avc = list.get(i);
      if (Long.compareUnsigned(avc.vma.vmPgoff, last) > 0) {
        break;
      }
      if (Long.compareUnsigned(first, avc.vma.vmPgoff + avc.vma.vmaPages() - 1) > 0) {
        continue;
      }
      if (met != avc) {
        assertThat(met).as(what).isSameAs(avc);
      }
      met = AnonVmaIntervalTree.anonVmaIntervalTreeIterNext(avc, first, last, work);
    }
    if (met != null) {
      assertThat(met).as(what).isNull();
    }
  }

  @ParameterizedTest(name = "in rising order: {0}")
  @ValueSource(booleans = {true, false})
  void a_node_is_found_in_about_as_many_steps_as_the_tree_is_deep(boolean rising) {
    int nodes = 1 << 16;
    int limit = 2 * 17;
    SplittableRandom random = new SplittableRandom(5);
    long[] order = new long[nodes];
    for (int i = 0; i < nodes; i++) {
      int other = rising ? i : random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    for (long i : order) {
      insert(i * 4, 2);
    }
    int found = 0;
    for (AnonVmaChain avc : query(0, EVERYTHING)) {
      int depth = 0;
      for (RbNode at = avc; at != null; at = RbTree.rbParent(at)) {
        depth++;
      }
      assertThat(depth).isLessThanOrEqualTo(limit);
      long first = avc.vma.vmPgoff;
      assertThat(AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(root, first + 1, first + 1, work))
          .isSameAs(avc);
      assertThat(steps(first + 1, avc)).as("steps of a query").isLessThanOrEqualTo(limit);
      assertThat(AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(root, first + 2, first + 3, work))
          .isNull();
      found++;
    }
    assertThat(found).isEqualTo(nodes);
  }

  /**
   * How many nodes a search goes through that is led by what the nodes say of the trees below them,
   * as far as to the node that it must find.
   */
  private int steps(long point, AnonVmaChain wanted) {
    int steps = 1;
    RbNode node = root.rbNode();
    while (node != wanted) {
      AnonVmaChain left = node == null ? null : (AnonVmaChain) node.rbLeft();
      boolean goesLeft = left != null && Long.compareUnsigned(point, left.rbSubtreeLast) <= 0;
      node = goesLeft ? left : Objects.requireNonNull(node).rbRight();
      steps++;
    }
    return steps;
  }

  @Test
  void each_node_that_a_query_looks_at_counts_once() {
    insert(10, 1);
    query(10, 10);
    assertThat(work.intervalNodes).as("the root").isEqualTo(1);
    insert(20, 1);
    work.intervalNodes = 0;
    AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(root, 20, 20, work);
    assertThat(work.intervalNodes).as("the root and its right child").isEqualTo(2);
    insert(5, 1);
    work.intervalNodes = 0;
    AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(root, 5, 5, work);
    assertThat(work.intervalNodes).as("the root and its left child").isEqualTo(2);
    work.intervalNodes = 0;
    AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(root, 21, 30, work);
    assertThat(work.intervalNodes).as("nothing ends there: the root says so").isEqualTo(1);
  }
}
