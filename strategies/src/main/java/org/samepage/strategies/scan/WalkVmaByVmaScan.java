// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.strategies.scan;

import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.state.KsmScan;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.VmArea;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.PageWalk;

/** The walk of one VMA's tables, which the reworked patch and what was merged of it share. */
abstract class WalkVmaByVmaScan extends VmaByVmaScan {
  private final Sched sched;
  private final PageWalk pageWalk;
  private final KernelLog log;
  private final NextPageOps ops;
  private final MmWalk walk;

  WalkVmaByVmaScan(
      Sched sched, PageWalk pageWalk, Folios folios, NormalPage normalPage, KernelLog log) {
    this.sched = sched;
    this.pageWalk = pageWalk;
    this.log = log;
    this.ops = new NextPageOps(sched, folios, normalPage);
    this.walk = new MmWalk(ops);
  }

  @Override
  @PortedFrom(
      value = "mm/ksm.c:scan_get_next_rmap_item",
      fidelity = Fidelity.ADAPTED,
      differs = "the walk of one VMA alone")
  // tag::walk-vma[]
  final boolean nextPageOf(VmArea vma, KsmScan cursor, ScanHit hit) {
    int found = pageWalk.walkPageRangeVma(vma, cursor.address, vma.vmEnd, walk);
    if (found > 0) {
      cursor.address = ops.addr;
      hit.set(ops.page, vma);
      return true;
    }
    log.warnOnOnce(found < 0, "scan_get_next_rmap_item: the walk failed");
    cursor.address = vma.vmEnd;
    sched.condResched();
    return false;
  }
  // end::walk-vma[]
}
