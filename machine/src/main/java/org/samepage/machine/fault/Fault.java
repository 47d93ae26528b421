// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.fault;

import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_UNSHARE;
import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_WRITE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;

/**
 * One fault: where it is and what it found there.
 *
 * @param addr of the page
 * @param flags of {@code FAULT_FLAG_*}
 * @param origPte as it was read before the table was locked
 */
@PortedFrom(
    value = "include/linux/mm.h:vm_fault",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "what faults of single pages need")
record Fault(VmArea vma, long addr, int flags, PageTable table, long origPte) {
  boolean isWrite() {
    return (flags & FAULT_FLAG_WRITE) != 0;
  }

  boolean isUnshare() {
    return (flags & FAULT_FLAG_UNSHARE) != 0;
  }

  /** An entry for a page in whose place a marker was keeps the protection that it stood for. */
  @PortedFrom(
      value = "mm/memory.c:vmf_orig_pte_uffd_wp",
      fidelity = Fidelity.ADAPTED,
      differs = "sets the bit, as all callers do next")
  long vmfOrigPteUffdWp(long entry) {
    return vma.userfaultfdWp() && PteMarker.pteMarkerUffdWp(origPte)
        ? Pte.pteMkuffdWp(entry)
        : entry;
  }

  int at() {
    return pteIndex(addr);
  }

  /** Whether the entry is still what it was, and still there. Holds the table's lock. */
  boolean unchanged() {
    return table.get(at()) == origPte && inPlace();
  }

  /** Not where the table was found empty, and taken away, before its lock was had. */
  @PortedFrom(
      value = "mm/pgtable-generic.c:pte_offset_map_lock",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "the look at the word above, after the lock is held")
  private boolean inPlace() {
    return vma.vmMm.pgTables.pteTable(addr) == table;
  }
}
