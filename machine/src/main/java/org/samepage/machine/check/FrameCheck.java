// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.check;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PTRS_PER_TABLE;
import static org.samepage.mm.units.PageUnits.TASK_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.samepage.machine.Machine;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Every mapped page against its counts; every frame in use against who holds it. */
final class FrameCheck {
  private static final int UPPER_LEVELS = 3;

  private final Machine machine;
  private final Folios folios;
  private final Frames frames;
  private final List<String> problems;
  private final LargeFolioCheck large;
  private final Map<Integer, Integer> mappings = new HashMap<>();
  private long tables;
  private long cachedOnly;

  FrameCheck(Machine machine, List<String> problems) {
    this.machine = machine;
    this.folios = machine.memory().folios();
    this.frames = folios.frames();
    this.problems = problems;
    this.large = new LargeFolioCheck(machine, problems);
  }

  void check() {
    for (Mm mm : machine.mms()) {
      addressSpace(mm);
    }
    mappings.forEach(this::frame);
    long pagesOfLarge = large.check();
    cachedPages();
    long used = machine.memory().allocator().pagesInUse();
    expect(
        used,
        tables + mappings.size() + pagesOfLarge + cachedOnly + swapCachedOnly() + offline(),
        "frames in use");
  }

  /** Folios in the swap cache that nobody has mapped. */
  private long swapCachedOnly() {
    long[] found = new long[1];
    machine
        .memory()
        .swap()
        .device()
        .forEachSlot((entry, count, folio) -> {
          if (folio != Frames.NO_PAGE && !mappings.containsKey(folio)) {
            found[0]++;
            frame(folio, 0);
          }
        });
    return found[0];
  }

  private long offline() {
    return machine.memory().allocator().pagesIsolated();
  }

  /** Pages of files that nobody has mapped. */
  private void cachedPages() {
    Set<AddressSpace> files = Collections.newSetFromMap(new IdentityHashMap<>());
    files.addAll(machine.files());
    for (Mm mm : machine.mms()) {
      for (int i = 0; i < mm.vmas.size(); i++) {
        AddressSpace file = mm.vmas.get(i).vmFile;
        if (file != null) {
          files.add(file);
        }
      }
    }
    for (AddressSpace file : files) {
      for (int i = 0; i < file.endIndex(); i++) {
        int pfn = file.page(i);
        if (pfn != Frames.NO_PAGE && !mappings.containsKey(pfn)) {
          cachedOnly++;
        }
      }
    }
  }

  private void addressSpace(Mm mm) {
    long[] anon = new long[1];
    mm.pgTables.forEachTable(
        0,
        TASK_SIZE,
        (table, index, start, end) -> {
          anon[0] += huge(mm, table.getLockless(index), start);
          return true;
        },
        (table, start, end) -> {
          for (long addr = start; addr < end; addr += PAGE_SIZE) {
            anon[0] += page(mm, table.getLockless(pteIndex(addr)), addr);
          }
        });
    expect(mm.rssStat.get(Mm.MM_ANONPAGES), anon[0], "anonymous pages of an mm");
    long below = tables(mm.pgTables.pgd(), UPPER_LEVELS);
    expect(mm.pgTables.pgtablesBytes(), below * PAGE_SIZE, "bytes of page tables");
    tables += below + 1;
  }

  /** One entry; returns how many anonymous pages it maps. */
  private int page(Mm mm, long pte, long addr) {
    if (!Pte.ptePresent(pte)) {
      return 0;
    }
    VmArea vma = mm.vmas.vmaLookup(addr);
    int pfn = (int) Pte.ptePfn(pte);
    if (vma == null) {
      problems.add("%#x is mapped outside any VMA".formatted(addr));
      return 0;
    }
    if (Folios.isZeroPfn(pfn)) {
      return 0;
    }
    int folio = folios.pageFolio(pfn);
    if (folios.folioTestLarge(folio)) {
      large.pageMapped(mm, folio, pfn);
    } else {
      mappings.merge(pfn, 1, Integer::sum);
    }
    mapping(vma, addr, pte, folio, pfn);
    return folios.folioTestAnon(folio) ? 1 : 0;
  }

  /** One huge entry; returns how many anonymous pages it maps. */
  private int huge(Mm mm, long pmd, long addr) {
    VmArea vma = mm.vmas.vmaLookup(addr);
    if (!Pmd.pmdPresent(pmd)) {
      problems.add("%#x: a huge migration entry was left: %#x".formatted(addr, pmd));
      return 0;
    }
    int folio = (int) Pmd.pmdPfn(pmd);
    if (vma == null || frames.isHugeZeroPfn(folio)) {
      if (vma == null) {
        problems.add("%#x is mapped outside any VMA".formatted(addr));
      }
      return 0;
    }
    if (!folios.folioTestLarge(folio)) {
      problems.add("%#x: a huge entry maps pfn %d, which is one page".formatted(addr, folio));
      return 0;
    }
    large.entirelyMapped(mm, folio);
    mapping(vma, addr, pmd, folio, folio);
    return HPAGE_PMD_NR;
  }

  private void mapping(VmArea vma, long addr, long entry, int folio, int page) {
    if (Pte.pteWrite(entry) && !folios.pageAnonExclusive(page) && !vma.has(VmFlags.VM_SHARED)) {
      problems.add("%#x: pfn %d may be written, but is not exclusive".formatted(addr, page));
    }
    if (folios.folioRawMapping(folio) instanceof AnonVma anonVma) {
      if (vma.anonVma == null || vma.anonVma.root != anonVma.root) {
        problems.add("%#x: pfn %d belongs to another anon_vma".formatted(addr, page));
      }
      expect(frames.index(folio) + page - folio, vma.linearPageIndex(addr), "index of pfn " + page);
    }
  }

  private void frame(int pfn, int found) {
    expect(folios.folioMapcount(pfn), found, "mapcount of pfn " + pfn);
    boolean swapCached = folios.folioTestSwapcache(pfn);
    int cached = folios.folioTestAnon(pfn) || swapCached ? 0 : 1;
    expect(
        folios.folioRefCount(pfn),
        found + cached + (swapCached ? 1 : 0),
        "references to pfn " + pfn);
    if (cached == 1 && !(folios.folioRawMapping(pfn) instanceof AddressSpace)) {
      problems.add("pfn %d is mapped, and neither anonymous nor a file's".formatted(pfn));
    }
    if (found > 1 && folios.pageAnonExclusive(pfn)) {
      problems.add("pfn %d is exclusive, but mapped %d times".formatted(pfn, found));
    }
    if (frames.testFlag(pfn, PageFlags.PG_ISOLATED)) {
      problems.add("pfn %d is still isolated".formatted(pfn));
    }
    if (folios.folioTestLocked(pfn)) {
      problems.add("pfn %d is still locked".formatted(pfn));
    }
  }

  /** Tables below this one, those that wait below huge entries too. */
  private long tables(PageTable table, int levels) {
    if (levels == 0) {
      return 0;
    }
    long found = 0;
    for (int i = 0; i < PTRS_PER_TABLE; i++) {
      PageTable lower = table.lower(i);
      if (lower != null) {
        found += 1 + tables(lower, levels - 1);
      }
    }
    return found;
  }

  private void expect(long seen, long expected, String what) {
    if (seen != expected) {
      problems.add("%s: %d, but counted %d".formatted(what, seen, expected));
    }
  }
}
