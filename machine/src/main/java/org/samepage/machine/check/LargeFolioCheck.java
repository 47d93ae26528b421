// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.check;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.samepage.machine.Machine;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.vma.Mm;

/** Every large folio that is mapped against its counts. */
final class LargeFolioCheck {
  /** In {@code _nr_pages_mapped}: huge entries map all pages. */
  private static final int ENTIRELY_MAPPED = 0x800000;

  private final Folios folios;
  private final Frames frames;
  private final List<String> problems;
  private final Map<Integer, Found> found = new TreeMap<>();

  /** What maps one folio. */
  private static final class Found {
    final int[] ptes = new int[HPAGE_PMD_NR];
    final Set<Mm> mms = Collections.newSetFromMap(new IdentityHashMap<>());
    int pmds;
    int all;
  }

  LargeFolioCheck(Machine machine, List<String> problems) {
    this.folios = machine.memory().folios();
    this.frames = folios.frames();
    this.problems = problems;
  }

  private Found at(Mm mm, int folio) {
    Found at = found.computeIfAbsent(folio, f -> new Found());
    at.mms.add(mm);
    at.all++;
    return at;
  }

  void pageMapped(Mm mm, int folio, int page) {
    at(mm, folio).ptes[page - folio]++;
  }

  void entirelyMapped(Mm mm, int folio) {
    at(mm, folio).pmds++;
  }

  /** Compares; returns the frames of all of them, and of the huge page of zeros. */
  long check() {
    found.forEach(this::folio);
    boolean zero = frames.hugeZeroPfn() != Frames.NO_PAGE;
    return (found.size() + (zero ? 1L : 0)) * HPAGE_PMD_NR;
  }

  private void folio(int folio, Found seen) {
    int pages = 0;
    for (int i = 0; i < HPAGE_PMD_NR; i++) {
      int page = folio + i;
      pages += seen.ptes[i] > 0 ? 1 : 0;
      expect(frames.mapcountRaw(page) + 1, seen.ptes[i], "entries that map pfn " + page);
      if (seen.ptes[i] > 1 && folios.pageAnonExclusive(page)) {
        problems.add("pfn %d is exclusive, but mapped %d times".formatted(page, seen.ptes[i]));
      }
    }
    expect(folios.folioEntireMapcount(folio), seen.pmds, "huge entries that map pfn " + folio);
    expect(folios.folioMapcount(folio), seen.all, "mapcount of pfn " + folio);
    expect(folios.folioRefCount(folio), seen.all, "references to pfn " + folio);
    expect(
        frames.nrPagesMapped(folio),
        pages + (seen.pmds > 0 ? ENTIRELY_MAPPED : 0),
        "pages mapped of pfn " + folio);
    if (seen.mms.size() > 1 && !folios.folioMaybeMappedShared(folio)) {
      problems.add("pfn %d is shared by %d, and not known to be".formatted(folio, seen.mms.size()));
    }
    // one of which a part was unmapped while it was on its way is mapped in part, and nobody knows
    if (folios.deferredSplit().folioTestPartiallyMapped(folio)
        != folios.deferredSplit().isQueued(folio)) {
      problems.add("pfn %d is marked or queued to be split, but not both".formatted(folio));
    }
    if (frames.testFlag(folio, PageFlags.PG_ISOLATED) || folios.folioTestLocked(folio)) {
      problems.add("pfn %d is still isolated or locked".formatted(folio));
    }
  }

  private void expect(long seen, long expected, String what) {
    if (seen != expected) {
      problems.add("%s: %d, but counted %d".formatted(what, seen, expected));
    }
  }
}
