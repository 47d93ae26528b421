// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.check;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.samepage.machine.Machine;
import org.samepage.machine.proc.ProcPagemap;
import org.samepage.mm.pgtable.SwapEntry;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.vma.Mm;

/**
 * Every slot against the words that stand for it and the folio that is its copy; no page on its
 * way.
 */
final class SwapCheck {
  private final Machine machine;
  private final Machine.Swap swap;
  private final Folios folios;
  private final List<String> problems;
  private final Map<Long, Integer> words = new HashMap<>();

  SwapCheck(Machine machine, List<String> problems) {
    this.machine = machine;
    this.swap = machine.memory().swap();
    this.folios = machine.memory().folios();
    this.problems = problems;
  }

  void check() {
    for (Mm mm : machine.mms()) {
      addressSpace(mm);
    }
    int[] used = new int[1];
    swap.device()
        .forEachSlot((entry, count, folio) -> {
          long slot = SwapEntry.swpOffsetRaw(entry);
          expect(count, words.getOrDefault(entry, 0), "words of slot " + slot);
          used[0] += count > 0 || folio != Frames.NO_PAGE ? 1 : 0;
          if (folio != Frames.NO_PAGE
              && (!folios.folioTestSwapcache(folio)
                  || swap.device().pageSwapEntry(folio) != entry)) {
            problems.add("pfn %d is not the copy of slot %d".formatted(folio, slot));
          }
        });
    expect(swap.device().slotsInUse(), used[0], "slots in use");
  }

  private void addressSpace(Mm mm) {
    long[] swapped = new long[1];
    ProcPagemap.visitNonpresent(
        mm,
        (addr, word) -> {
          if (swap.types().isSwapSlot(word)) {
            swapped[0]++;
            words.merge(SwapEntry.pteToSwpEntry(word), 1, Integer::sum);
          } else if (swap.types().isMigrationEntry(word)) {
            problems.add("%#x: a migration entry was left: %#x".formatted(addr, word));
          }
        });
    expect(mm.rssStat.get(Mm.MM_SWAPENTS), swapped[0], "swap entries of an mm");
    if (swapped[0] > 0 && !swap.mmlist().contains(mm)) {
      problems.add("an mm with swap words is not on the list");
    }
  }

  private void expect(long seen, long expected, String what) {
    if (seen != expected) {
      problems.add("%s: %d, but counted %d".formatted(what, seen, expected));
    }
  }
}
