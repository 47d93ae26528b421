// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.pageAlignUp;
import static org.samepage.mm.units.PageUnits.pagesToBytes;

import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.work.WorkCounters;
import org.samepage.rmap.VmaIntervalTree;

/** Empties the entries that map a part of a file, in whatever address space they are. */
final class UnmapMapping {
  private final Sched sched;
  private final ZapRange zap;

  UnmapMapping(Sched sched, ZapRange zap) {
    this.sched = sched;
    this.zap = zap;
  }

  /**
   * Empties them. Markers stay.
   *
   * @param holebegin where the part begins [bytes]
   * @param holelen how long it is [bytes]; 0 for all that is behind
   * @param evenCows whether private copies of its pages go too
   */
  @PortedFrom({
    "mm/memory.c:unmap_mapping_range",
    "mm/memory.c:unmap_mapping_pages",
    "mm/memory.c:unmap_mapping_range_tree"
  })
  void unmapMappingRange(AddressSpace mapping, long holebegin, long holelen, boolean evenCows) {
    long first = bytesToPages(holebegin);
    long last = holelen == 0 ? Long.MAX_VALUE : first + bytesToPages(pageAlignUp(holelen)) - 1;
    WorkCounters work = sched.current().work;
    mapping.iMmapRwsem.readLock();
    VmArea vma = VmaIntervalTree.vmaIntervalTreeIterFirst(mapping.iMmap, first, last, work);
    while (vma != null) {
      long from = Math.max(first, vma.vmPgoff);
      long to = Math.min(last, vma.vmPgoff + vma.vmaPages() - 1);
      zap.zapPageRangeSingle(
          vma,
          vma.vmStart + pagesToBytes(from - vma.vmPgoff),
          vma.vmStart + pagesToBytes(to + 1 - vma.vmPgoff),
          evenCows);
      vma = VmaIntervalTree.vmaIntervalTreeIterNext(vma, first, last, work);
    }
    mapping.iMmapRwsem.readUnlock();
  }
}
