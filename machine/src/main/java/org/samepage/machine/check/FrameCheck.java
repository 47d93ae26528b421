// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.check;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PTRS_PER_TABLE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.samepage.machine.Machine;
import org.samepage.machine.proc.ProcPagemap;
import org.samepage.mm.pgtable.PageTable;
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
  private final Map<Integer, Integer> mappings = new HashMap<>();
  private long tables;
  private long cachedOnly;

  FrameCheck(Machine machine, List<String> problems) {
    this.machine = machine;
    this.folios = machine.memory().folios();
    this.frames = folios.frames();
    this.problems = problems;
  }

  void check() {
    for (Mm mm : machine.mms()) {
      addressSpace(mm);
    }
    mappings.forEach(this::frame);
    cachedPages();
    long used = machine.memory().allocator().pagesInUse();
    expect(
        used,
        tables + mappings.size() + cachedOnly + swapCachedOnly() + offline(),
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
    ProcPagemap.visit(
        mm,
        (addr, pfn) -> {
          VmArea vma = mm.vmas.vmaLookup(addr);
          if (vma == null) {
            problems.add("%#x is mapped outside any VMA".formatted(addr));
          } else if (!Folios.isZeroPfn(pfn)) {
            mappings.merge(pfn, 1, Integer::sum);
            anon[0] += folios.folioTestAnon(pfn) ? 1 : 0;
            mapping(vma, addr, pfn);
          }
        });
    expect(mm.rssStat.get(Mm.MM_ANONPAGES), anon[0], "anonymous pages of an mm");
    long below = tables(mm.pgTables.pgd(), UPPER_LEVELS);
    expect(mm.pgTables.pgtablesBytes(), below * PAGE_SIZE, "bytes of page tables");
    tables += below + 1;
  }

  private void mapping(VmArea vma, long addr, int pfn) {
    long pte = entry(vma.vmMm, addr);
    if (Pte.pteWrite(pte) && !folios.pageAnonExclusive(pfn) && !vma.has(VmFlags.VM_SHARED)) {
      problems.add("%#x: pfn %d may be written, but is not exclusive".formatted(addr, pfn));
    }
    if (folios.folioRawMapping(pfn) instanceof AnonVma anonVma) {
      if (vma.anonVma == null || vma.anonVma.root != anonVma.root) {
        problems.add("%#x: pfn %d belongs to another anon_vma".formatted(addr, pfn));
      }
      expect(frames.index(pfn), vma.linearPageIndex(addr), "index of pfn " + pfn);
    }
  }

  private static long entry(Mm mm, long addr) {
    PageTable table = mm.pgTables.pteTable(addr);
    return table == null ? 0 : table.getLockless(pteIndex(addr));
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

  /** Tables below this one. */
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
