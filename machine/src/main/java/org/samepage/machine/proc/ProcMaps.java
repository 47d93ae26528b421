// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/task_mmu.c.
package org.samepage.machine.proc;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** The mappings of an address space as text: {@code /proc/PID/maps}. */
public final class ProcMaps {
  /** Where the names begin: behind a range, permissions, offset, device and inode. */
  private static final int NAME_COLUMN = 25 + 6 * Long.BYTES - 1;

  /** What says something about merging, forking and huge pages. */
  private static final Set<String> SOME_FLAGS = Set.of("sh", "lo", "dc", "wf", "hg", "nh", "mg");

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
        SeqFile line = new SeqFile();
        showRange(line, vma);
        lines.add(line + VmFlagNames.of(vma, SOME_FLAGS));
      }
      return lines;
    } finally {
      mm.mmapLock.readUnlock();
    }
  }

  /** The whole file. Takes mmap_lock for reading. */
  @PortedFrom(
      value = "fs/proc/task_mmu.c:show_map",
      fidelity = Fidelity.ADAPTED,
      differs = "all VMAs under one hold of the lock")
  static void showMap(SeqFile m, Mm mm) {
    mm.mmapLock.readLock();
    try {
      for (int i = 0; i < mm.vmas.size(); i++) {
        showMapVma(m, mm.vmas.get(i));
      }
    } finally {
      mm.mmapLock.readUnlock();
    }
  }

  /** One line. Holds mmap_lock. */
  @PortedFrom(
      value = {"fs/proc/task_mmu.c:show_map_vma", "fs/proc/task_mmu.c:get_vma_name"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "files in memory are all deleted; no mappings of the kernel's own")
  static void showMapVma(SeqFile m, VmArea vma) {
    showVmaHeaderPrefix(m, vma);
    AddressSpace file = vma.vmFile;
    if (file != null) {
      m.seqPad(' ');
      m.seqPuts(file.name).seqPuts(file.onDisk ? "" : " (deleted)");
    } else if (vmaIsInitialHeap(vma)) {
      m.seqPad(' ');
      m.seqPuts("[heap]");
    } else if (vmaIsInitialStack(vma)) {
      m.seqPad(' ');
      m.seqPuts("[stack]");
    }
    m.seqPutc('\n');
  }

  @PortedFrom("include/linux/mm.h:vma_is_initial_heap")
  private static boolean vmaIsInitialHeap(VmArea vma) {
    return vma.vmStart < vma.vmMm.brk && vma.vmEnd > vma.vmMm.startBrk;
  }

  @PortedFrom("include/linux/mm.h:vma_is_initial_stack")
  private static boolean vmaIsInitialStack(VmArea vma) {
    return vma.vmStart <= vma.vmMm.startStack && vma.vmEnd >= vma.vmMm.startStack;
  }

  @PortedFrom(
      value = "fs/proc/task_mmu.c:show_vma_header_prefix",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "files have the device that shared memory has, and no inode numbers")
  private static void showVmaHeaderPrefix(SeqFile m, VmArea vma) {
    m.seqSetwidth(NAME_COLUMN);
    showRange(m, vma);
    m.seqPutHexLl(" ", 0, 2);
    m.seqPutHexLl(":", vma.vmFile == null ? 0 : 1, 2);
    m.seqPutDecimalUll(" ", 0).seqPutc(' ');
  }

  private static void showRange(SeqFile m, VmArea vma) {
    m.seqPutHexLl("", vma.vmStart, 8).seqPutHexLl("-", vma.vmEnd, 8).seqPutc(' ');
    m.seqPutc(vma.has(VmFlags.VM_READ) ? 'r' : '-');
    m.seqPutc(vma.has(VmFlags.VM_WRITE) ? 'w' : '-');
    m.seqPutc(vma.has(VmFlags.VM_EXEC) ? 'x' : '-');
    m.seqPutc(vma.has(VmFlags.VM_MAYSHARE) ? 's' : 'p');
    m.seqPutHexLl(" ", vma.vmFile == null ? 0 : PageUnits.pagesToBytes(vma.vmPgoff), 8);
  }
}
