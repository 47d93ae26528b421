// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.pagewalk.WalkedMemory.BASE;
import static org.samepage.pagewalk.WalkedMemory.GIB;
import static org.samepage.pagewalk.WalkedMemory.MIB2;
import static org.samepage.pagewalk.WalkedMemory.PAGE;
import static org.samepage.pagewalk.WalkedMemory.TOP;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samepage.mm.vma.VmArea;

/**
 * Walks of made-up address spaces against a model that has no tables: sets of addresses, cut by the
 * size of each level.
 */
final class RandomWalkTest {
  private static final long[] SIZES = {TOP, GIB, MIB2};

  /** The names of entries and holes of those sizes; the top two levels share theirs. */
  private static final String[] ENTRIES = {"p4d", "pud", "pmd"};

  private static final List<WalkCallback> LEVELS =
      List.of(
          WalkCallback.P4D_ENTRY,
          WalkCallback.PUD_ENTRY,
          WalkCallback.PMD_ENTRY,
          WalkCallback.PTE_ENTRY);

  private static final int[] DEPTHS = {0, 2, 3};

  static LongStream seeds() {
    return LongStream.concat(LongStream.range(0, 60), LongStream.of(Long.getLong("test.seed", 60)));
  }

  @ParameterizedTest(name = "-Dtest.seed={0}")
  @MethodSource("seeds")
  void a_walk_visits_what_the_model_says(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    try (WalkedMemory m = new WalkedMemory()) {
      Model model = new Model();
      long at = random.nextLong(4) * PAGE;
      for (int i = random.nextInt(4); i >= 0; i--) {
        long gap = near(random);
        long pages = Math.max(1, near(random) / PAGE);
        VmArea vma = m.map(at + gap, pages);
        at = vma.vmEnd - BASE;
        model.vmas.put(vma.vmStart - BASE, at);
        for (int j = random.nextInt(6); j > 0; j--) {
          long offset = vma.vmStart - BASE + random.nextLong(pages) * PAGE;
          m.populate(vma, offset);
          model.pages.add(offset);
        }
      }
      long start = random.nextLong(at) & -PAGE;
      long end = start + PAGE + (random.nextLong(at) & -PAGE);
      RecordingOps ops = new RecordingOps(BASE, some(random));
      List<String> expected = model.walk(start, end, ops);
      if (random.nextBoolean() && !expected.isEmpty()) {
        int stop = random.nextInt(expected.size());
        ops.answer = (visit, walk) -> ops.visits.size() - 1 == stop ? 7 : 0;
        boolean stops = !expected.get(stop).equals("post");
        assertThat(m.walkMm(start, end, ops)).isEqualTo(stops ? 7 : 0);
        expected = stops ? model.until(stop, expected) : expected;
      } else {
        assertThat(m.walkMm(start, end, ops)).isZero();
      }
      assertThat(ops.visits).isEqualTo(expected);
      assertThat(ops.ptesLocked).isEqualTo(ops.ptes);
    }
  }

  /** A distance that often ends beside a boundary of some level. */
  private static long near(SplittableRandom random) {
    long size = SIZES[random.nextInt(SIZES.length)];
    return Math.max(0, random.nextInt(3) * size + (random.nextInt(5) - 2) * PAGE)
        % (size == TOP ? 2 * TOP : Long.MAX_VALUE);
  }

  private static WalkCallback[] some(SplittableRandom random) {
    Set<WalkCallback> chosen = EnumSet.noneOf(WalkCallback.class);
    for (WalkCallback callback : WalkCallback.values()) {
      if (random.nextInt(3) > 0) {
        chosen.add(callback);
      }
    }
    chosen.removeAll(
        EnumSet.of(WalkCallback.INSTALL_PTE, WalkCallback.TEST_WALK, WalkCallback.HUGETLB_ENTRY));
    return chosen.toArray(WalkCallback[]::new);
  }

  /** Mappings and present pages by offset. */
  private static final class Model {
    final TreeMap<Long, Long> vmas = new TreeMap<>();
    final TreeSet<Long> pages = new TreeSet<>();
    private final List<String> visits = new ArrayList<>();
    private RecordingOps ops;

    List<String> walk(long start, long end, RecordingOps recording) {
      ops = recording;
      long at = start;
      for (Map.Entry<Long, Long> vma : vmas.entrySet()) {
        long from = Math.max(at, vma.getKey());
        long to = Math.min(end, vma.getValue());
        if (vma.getValue() <= at || vma.getKey() >= end) {
          continue;
        }
        if (from > at) {
          say(WalkCallback.PTE_HOLE, "hole-1", at, from);
        }
        say(WalkCallback.PRE_VMA, "pre", from, to);
        level(0, from, to);
        if (ops.has(WalkCallback.POST_VMA)) {
          visits.add("post");
        }
        at = to;
      }
      if (at < end) {
        say(WalkCallback.PTE_HOLE, "hole-1", at, end);
      }
      return visits;
    }

    private void level(int level, long from, long to) {
      for (long at = from; at < to; ) {
        long next = Math.min(to, at - Math.floorMod(BASE + at, SIZES[level]) + SIZES[level]);
        if (level == 0) {
          say(WalkCallback.PGD_ENTRY, "pgd", at, next);
        }
        if (goes(level)) {
          entry(level, at, next);
        }
        at = next;
      }
    }

    private void entry(int level, long at, long next) {
      long base = at - Math.floorMod(BASE + at, SIZES[level]);
      if (pages.subSet(base, base + SIZES[level]).isEmpty()) {
        say(WalkCallback.PTE_HOLE, "hole" + DEPTHS[level], at, next);
        return;
      }
      say(LEVELS.get(level), ENTRIES[level], at, next);
      if (level < 2) {
        if (goes(level + 1)) {
          level(level + 1, at, next);
        }
      } else if (ops.has(WalkCallback.PTE_ENTRY)) {
        pages.subSet(at, next).forEach(p -> say(WalkCallback.PTE_ENTRY, "pte", p, p + PAGE));
      }
    }

    /** Whether somebody wants to know of this level or one below. */
    private boolean goes(int level) {
      return LEVELS.subList(level, LEVELS.size()).stream().anyMatch(ops::has);
    }

    private void say(WalkCallback who, String what, long at, long next) {
      if (ops.has(who)) {
        visits.add("%s@%x+%x".formatted(what, at, next - at));
      }
    }

    /** The visits up to one that stops the walk, and the bracket that closes after it. */
    List<String> until(int stop, List<String> all) {
      List<String> seen = new ArrayList<>(all.subList(0, stop + 1));
      String last = all.get(stop);
      boolean inside = !last.startsWith("hole-1") && !last.startsWith("pre");
      if (inside && ops.has(WalkCallback.POST_VMA)) {
        seen.add("post");
      }
      return seen;
    }
  }
}
