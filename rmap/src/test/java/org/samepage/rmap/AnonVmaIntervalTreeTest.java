// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.AnonVmaChain;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

final class AnonVmaIntervalTreeTest {
  private static final long EVERYTHING = -1L;

  private final TestMemory memory = new TestMemory();
  private final Mm mm = memory.mm();
  private final AnonVma anonVma = new AnonVma(1, memory.sched);
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
    AnonVmaChain avc = AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(root, first, last);
    while (avc != null) {
      found.add(avc);
      avc = AnonVmaIntervalTree.anonVmaIntervalTreeIterNext(avc, first, last);
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
}
