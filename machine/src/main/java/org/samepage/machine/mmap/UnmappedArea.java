// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mmap.c, mm/vma.c, mm/huge_memory.c and arch/x86/kernel/sys_x86_64.c.
package org.samepage.machine.mmap;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.TASK_SIZE;
import static org.samepage.mm.units.PageUnits.isPageAligned;
import static org.samepage.mm.units.PageUnits.pageAlignDown;
import static org.samepage.mm.units.PageUnits.pageAlignUp;
import static org.samepage.mm.units.PageUnits.pagesToBytes;
import static org.samepage.mm.vma.VmFlags.VM_GROWSDOWN;

import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** Finds the place of a mapping. Methods hold mmap_lock. */
public final class UnmappedArea {
  /** How far below a stack other mappings end [bytes]. */
  static final long STACK_GUARD_GAP = pagesToBytes(256);

  /** vm.mmap_min_addr. */
  public static final long MMAP_MIN_ADDR = 0x1000;

  /** Where the search from below begins: a third of the address space. */
  private static final long TASK_UNMAPPED_BASE = pageAlignUp(TASK_SIZE / 3);

  private static final long GAP_MIN = 128L << 20;
  private static final long GAP_MAX = TASK_SIZE / 6 * 5;

  private UnmappedArea() {}

  /** Where mappings begin, under what is kept for a stack of this limit [bytes]. */
  @PortedFrom(
      value = "arch/x86/mm/mmap.c:mmap_base",
      fidelity = Fidelity.ADAPTED,
      differs = "without randomization")
  public static long mmapBase(long stackLimit) {
    long gap = stackLimit + STACK_GUARD_GAP;
    if (Long.compareUnsigned(gap, stackLimit) < 0) {
      gap = stackLimit;
    }
    if (Long.compareUnsigned(gap, GAP_MIN) < 0) {
      gap = GAP_MIN;
    } else if (Long.compareUnsigned(gap, GAP_MAX) > 0) {
      gap = GAP_MAX;
    }
    return pageAlignUp(TASK_SIZE - gap);
  }

  /** The first address that counts as taken by a mapping: a stack has a gap before it. */
  @PortedFrom("include/linux/mm.h:vm_start_gap")
  static long vmStartGap(VmArea vma) {
    return vma.has(VM_GROWSDOWN) ? Math.max(0, vma.vmStart - STACK_GUARD_GAP) : vma.vmStart;
  }

  /**
   * The address for a mapping.
   *
   * @param addr where it must be, where it had better be, or 0
   * @param len page-aligned [bytes]
   * @param fixed whether it must
   * @param anonymous private and of no file: whole huge pages are then aligned as such
   * @return the address, which may be taken only if it is fixed; or a negative errno
   */
  @PortedFrom(
      value = "mm/mmap.c:__get_unmapped_area",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "every file and all shared memory is placed as on tmpfs without huge pages")
  static long getUnmappedAreaRaw(Mm mm, long addr, long len, boolean fixed, boolean anonymous) {
    if (Long.compareUnsigned(len, TASK_SIZE) > 0) {
      return -Errno.ENOMEM;
    }
    boolean aligned = anonymous && !fixed && addr == 0 && (len & (PMD_SIZE - 1)) == 0;
    long found = aligned ? thpGetUnmappedAreaVmflags(mm, len) : topdown(mm, addr, len, fixed);
    if (found < 0 && !fixed) {
      return found;
    }
    if (Long.compareUnsigned(found, TASK_SIZE - len) > 0) {
      return -Errno.ENOMEM;
    }
    return isPageAligned(found) ? found : -Errno.EINVAL;
  }

  /** Looks for more than is needed, so that there is a huge page's boundary in it. */
  @PortedFrom(
      value = {
        "mm/huge_memory.c:thp_get_unmapped_area_vmflags",
        "mm/huge_memory.c:__thp_get_unmapped_area"
      },
      fidelity = Fidelity.ADAPTED,
      differs = "of no file, and without a hint")
  private static long thpGetUnmappedAreaVmflags(Mm mm, long len) {
    if (len < PMD_SIZE) {
      return topdown(mm, 0, len, false);
    }
    long ret = topdown(mm, 0, len + PMD_SIZE, false);
    if (ret < 0) {
      return topdown(mm, 0, len, false);
    }
    long offSub = -ret & (PMD_SIZE - 1);
    return offSub == 0 ? ret + PMD_SIZE : ret + offSub;
  }

  @PortedFrom(
      value = "arch/x86/kernel/sys_x86_64.c:arch_get_unmapped_area_topdown",
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no MAP_32BIT, no MAP_ABOVE4G, no shadow stacks")
  private static long topdown(Mm mm, long hint, long len, boolean fixed) {
    if (Long.compareUnsigned(len, TASK_SIZE) > 0) {
      return -Errno.ENOMEM;
    }
    if (fixed) {
      return hint;
    }
    long addr = pageAlignDown(hint);
    if (hint != 0 && isFree(mm, addr, len)) {
      return addr;
    }
    long found = unmappedAreaTopdown(mm, len, PAGE_SIZE, mm.mmapBase);
    return found >= 0 ? found : archGetUnmappedArea(mm, hint, len);
  }

  private static boolean isFree(Mm mm, long addr, long len) {
    if (Long.compareUnsigned(addr, TASK_SIZE - len) > 0) {
      return false;
    }
    VmArea vma = mm.vmas.findVma(addr);
    return vma == null || addr + len <= vmStartGap(vma);
  }

  /** From below: the way out where the search from above finds nothing. */
  @PortedFrom(
      value = "arch/x86/kernel/sys_x86_64.c:arch_get_unmapped_area",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no MAP_32BIT, no shadow stacks")
  private static long archGetUnmappedArea(Mm mm, long hint, long len) {
    long addr = pageAlignUp(hint);
    if (hint != 0 && isFree(mm, addr, len)) {
      return addr;
    }
    return unmappedArea(mm, len, TASK_UNMAPPED_BASE, TASK_SIZE);
  }

  /** The highest place between two limits. */
  @PortedFrom(
      value = "mm/vma.c:unmapped_area_topdown",
      fidelity = Fidelity.ADAPTED,
      differs = "goes from mapping to mapping; no alignment")
  private static long unmappedAreaTopdown(Mm mm, long len, long low, long high) {
    long lowLimit = Math.max(low, MMAP_MIN_ADDR);
    long highLimit = high;
    for (int i = mm.vmas.positionOf(high); i >= 0; i--) {
      VmArea next = i == mm.vmas.size() ? null : mm.vmas.get(i);
      long end = next == null ? highLimit : Math.min(highLimit, next.vmStart);
      long start = i == 0 ? lowLimit : Math.max(lowLimit, mm.vmas.get(i - 1).vmEnd);
      if (end - start >= len) {
        // a stack's gap counts only where there would be room without it
        highLimit = next == null ? end : Math.min(end, vmStartGap(next));
        if (highLimit - start >= len) {
          return highLimit - len;
        }
      }
      if (start == lowLimit) {
        break;
      }
      highLimit = Math.min(highLimit, mm.vmas.get(i - 1).vmStart);
    }
    return -Errno.ENOMEM;
  }

  /** The lowest place between two limits. */
  @PortedFrom(
      value = "mm/vma.c:unmapped_area",
      fidelity = Fidelity.ADAPTED,
      differs = "goes from mapping to mapping; no alignment")
  private static long unmappedArea(Mm mm, long len, long low, long high) {
    long start = Math.max(low, MMAP_MIN_ADDR);
    for (int i = mm.vmas.positionOf(start); start <= high - len; i++) {
      VmArea next = i == mm.vmas.size() ? null : mm.vmas.get(i);
      long end = next == null ? high : Math.min(high, vmStartGap(next));
      if (end - start >= len) {
        return start;
      }
      if (next == null) {
        break;
      }
      start = Math.max(start, next.vmEnd);
    }
    return -Errno.ENOMEM;
  }
}
