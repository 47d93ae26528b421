// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/huge_memory.c and include/linux/huge_mm.h.
package org.samepage.machine.thp;

import static org.samepage.mm.units.PageUnits.HPAGE_PMD_NR;
import static org.samepage.mm.units.PageUnits.PMD_MASK;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Which mappings may have huge pages, and where. */
public final class ThpPolicy {
  private final ThpSysfs sysfs;

  public ThpPolicy(ThpSysfs sysfs) {
    this.sysfs = sysfs;
  }

  /**
   * Whether a huge page fits in a VMA at an address: aligned in both, and not across its ends.
   *
   * @param addr any byte of it
   */
  @PortedFrom(
      value = "include/linux/huge_mm.h:thp_vma_suitable_order",
      fidelity = Fidelity.ADAPTED,
      differs = "order 9; a file's pages must be aligned in it too, anonymous memory is no file")
  public static boolean thpVmaSuitableOrder(VmArea vma, long addr) {
    if (!vma.vmaIsAnonymous()
        && ((bytesToPages(vma.vmStart) - vma.vmPgoff) & (HPAGE_PMD_NR - 1)) != 0) {
      return false;
    }
    long haddr = addr & PMD_MASK;
    return haddr >= vma.vmStart && haddr + PMD_SIZE <= vma.vmEnd;
  }

  /** Whether a VMA with these flags may have huge pages of 2 MiB. */
  @PortedFrom({
    "include/linux/huge_mm.h:thp_vma_allowable_orders",
    "include/linux/huge_mm.h:thp_vma_allowable_order"
  })
  public boolean thpVmaAllowableOrder(VmArea vma, long vmFlags, TvaType type) {
    if (type != TvaType.TVA_FORCED_COLLAPSE && vma.vmaIsAnonymous()) {
      ThpMode mode = sysfs.enabled();
      boolean advised = (vmFlags & VmFlags.VM_HUGEPAGE) != 0 && mode != ThpMode.NEVER;
      if (mode != ThpMode.ALWAYS && !advised) {
        return false;
      }
    }
    return thpVmaAllowableOrdersRaw(vma, vmFlags, type);
  }

  @PortedFrom(
      value = {
        "mm/huge_memory.c:__thp_vma_allowable_orders",
        "include/linux/huge_mm.h:vma_thp_disabled"
      },
      fidelity = Fidelity.SIMPLIFIED,
      differs = "anonymous memory; no process has huge pages switched off")
  private static boolean thpVmaAllowableOrdersRaw(VmArea vma, long vmFlags, TvaType type) {
    boolean inPf = type == TvaType.TVA_PAGEFAULT;
    boolean smaps = type == TvaType.TVA_SMAPS;
    if (!vma.vmaIsAnonymous() || (vmFlags & VmFlags.VM_NOHUGEPAGE) != 0) {
      return false;
    }
    if (!inPf && !smaps && (vmFlags & VmFlags.VM_NO_KHUGEPAGED) != 0) {
      return false;
    }
    if (!inPf && !thpVmaSuitableOrder(vma, vma.vmEnd - PMD_SIZE)) {
      return false;
    }
    return !vma.vmaIsTemporaryStack() && (vma.anonVma != null || smaps || inPf);
  }
}
