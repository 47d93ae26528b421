// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.vma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.samepage.mm.sched.FreeRunning;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.testing.TestMemory;

final class VmaTreeTest {
  private final TestMemory memory = new TestMemory();
  private final Mm mm = memory.mm();

  @AfterEach
  void close() {
    memory.close();
  }

  private VmArea vma(long start, long end) {
    return new VmArea(mm, start, end, VmFlags.VM_READ, start >>> 12);
  }

  @Test
  void finds_by_address_in_holes_and_at_edges() {
    VmArea a = vma(0x1000, 0x3000);
    VmArea b = vma(0x5000, 0x6000);
    mm.vmas.insert(b);
    mm.vmas.insert(a);
    assertThat(mm.vmas.findVma(0)).isSameAs(a);
    assertThat(mm.vmas.findVma(0x2fff)).isSameAs(a);
    assertThat(mm.vmas.findVma(0x3000)).as("the end is not in it").isSameAs(b);
    assertThat(mm.vmas.findVma(0x6000)).isNull();
    assertThat(mm.vmas.vmaLookup(0x3000)).isNull();
    assertThat(mm.vmas.vmaLookup(0x1000)).isSameAs(a);
    assertThat(mm.vmas.findVmaIntersection(0x3000, 0x5000)).isNull();
    assertThat(mm.vmas.findVmaIntersection(0x3000, 0x5001)).isSameAs(b);
    assertThat(mm.vmas.next(a)).isSameAs(b);
    assertThat(mm.vmas.prev(b)).isSameAs(a);
    assertThat(mm.vmas.next(b)).isNull();
    assertThat(mm.vmas.prev(a)).isNull();
  }

  @Test
  void overlapping_and_removing_what_is_not_there_are_errors() {
    mm.vmas.insert(vma(0x1000, 0x3000));
    assertThatThrownBy(() -> mm.vmas.insert(vma(0x2000, 0x4000)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> mm.vmas.insert(vma(0x0000, 0x2000)))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> mm.vmas.remove(vma(0x1000, 0x3000)))
        .isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3})
  void agrees_with_a_plain_list(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<VmArea> list = new ArrayList<>();
    for (int step = 0; step < 5000; step++) {
      long start = random.nextLong(1000) * 0x1000;
      long end = start + (1 + random.nextLong(5)) * 0x1000;
      if (random.nextInt(3) > 0) {
        if (list.stream().noneMatch(v -> v.vmStart < end && start < v.vmEnd)) {
          VmArea fresh = vma(start, end);
          mm.vmas.insert(fresh);
          list.add(fresh);
        }
      } else if (!list.isEmpty()) {
        VmArea gone = list.remove(random.nextInt(list.size()));
        mm.vmas.remove(gone);
      }
      long addr = random.nextLong(1010) * 0x1000 + random.nextInt(0x1000);
      assertThat(mm.vmas.findVma(addr)).isSameAs(findIn(list, addr));
      assertThat(mm.vmas.size()).isEqualTo(list.size());
    }
    list.sort(Comparator.comparingLong(v -> v.vmStart));
    for (int i = 0; i < list.size(); i++) {
      assertThat(mm.vmas.get(i)).isSameAs(list.get(i));
    }
  }

  private static @Nullable VmArea findIn(List<VmArea> list, long addr) {
    return list.stream()
        .filter(v -> v.vmEnd > addr)
        .min(Comparator.comparingLong(v -> v.vmStart))
        .orElse(null);
  }

  @Test
  void a_page_keeps_its_index_wherever_its_vma_starts() {
    VmArea vma = vma(0x10_0000, 0x20_0000);
    assertThat(vma.linearPageIndex(0x10_3000)).isEqualTo(0x103);
    vma.vmStart = 0x10_2000;
    vma.vmPgoff = 0x102;
    assertThat(vma.linearPageIndex(0x10_3000)).isEqualTo(0x103);
    assertThat(vma.vmaPages()).isEqualTo(0x100 - 2);
  }

  @Test
  void links_to_anon_vmas_are_listed_newest_first() {
    VmArea vma = vma(0x1000, 0x2000);
    Sched sched = new FreeRunning();
    AnonVmaChain[] avcs = new AnonVmaChain[3];
    for (int i = 0; i < 3; i++) {
      avcs[i] = new AnonVmaChain(vma, new AnonVma(i, sched));
      vma.addChain(avcs[i]);
    }
    assertThat(vma.newestChain()).isSameAs(avcs[2]);
    assertThat(vma.oldestChain()).isSameAs(avcs[0]);
    assertThat(vma.chainIsSingular()).isFalse();
    assertThat(avcs[2].nextSameVma()).isSameAs(avcs[1]);
    assertThat(avcs[0].prevSameVma()).isSameAs(avcs[1]);
    vma.removeChain(avcs[1]);
    assertThat(avcs[2].nextSameVma()).isSameAs(avcs[0]);
    vma.removeChain(avcs[2]);
    assertThat(vma.chainIsSingular()).isTrue();
    vma.removeChain(avcs[0]);
    assertThat(vma.newestChain()).isNull();
    assertThat(vma.oldestChain()).isNull();
  }
}
