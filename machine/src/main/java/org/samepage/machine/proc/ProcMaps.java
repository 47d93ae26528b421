// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/task_mmu.c.
package org.samepage.machine.proc;

import java.util.ArrayList;
import java.util.List;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** The mappings of an address space as text. */
public final class ProcMaps {
  private ProcMaps() {}

  /**
   * One line for each VMA: range, permissions and offset as in {@code maps}; then those of the
   * VmFlags of {@code smaps} that say something about merging, forking and huge pages.
   */
  public static List<String> lines(Mm mm) {
    mm.mmapLock.readLock();
    try {
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < mm.vmas.size(); i++) {
        VmArea vma = mm.vmas.get(i);
        lines.add(showVmaHeaderPrefix(vma) + showSmapVmaFlags(vma));
      }
      return lines;
    } finally {
      mm.mmapLock.readUnlock();
    }
  }

  @PortedFrom(
      value = "fs/proc/task_mmu.c:show_vma_header_prefix",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no device and inode")
  private static String showVmaHeaderPrefix(VmArea vma) {
    return "%08x-%08x %c%c%c%c %08x"
        .formatted(
            vma.vmStart,
            vma.vmEnd,
            vma.has(VmFlags.VM_READ) ? 'r' : '-',
            vma.has(VmFlags.VM_WRITE) ? 'w' : '-',
            vma.has(VmFlags.VM_EXEC) ? 'x' : '-',
            vma.has(VmFlags.VM_MAYSHARE) ? 's' : 'p',
            vma.vmFile == null ? 0 : PageUnits.pagesToBytes(vma.vmPgoff));
  }

  @PortedFrom(
      value = "fs/proc/task_mmu.c:show_smap_vma_flags",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "seven of the flags")
  private static String showSmapVmaFlags(VmArea vma) {
    return flag(vma, VmFlags.VM_SHARED, "sh")
        + flag(vma, VmFlags.VM_LOCKED, "lo")
        + flag(vma, VmFlags.VM_DONTCOPY, "dc")
        + flag(vma, VmFlags.VM_WIPEONFORK, "wf")
        + flag(vma, VmFlags.VM_HUGEPAGE, "hg")
        + flag(vma, VmFlags.VM_NOHUGEPAGE, "nh")
        + flag(vma, VmFlags.VM_MERGEABLE, "mg");
  }

  private static String flag(VmArea vma, long flag, String letters) {
    return vma.has(flag) ? " " + letters : "";
  }
}
