// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c.
package org.samepage.mm.memory;

import static org.samepage.mm.units.PageUnits.pgdIndex;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.mm.units.PageUnits.pudIndex;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.time.KernelClock;
import org.samepage.mm.vma.VmArea;

/** The report about an entry that no page table should hold. */
public final class BadPageMap {
  private static final int BURST = 60;
  private static final long QUIET_JIFFIES = 60_000;

  private final Sched sched;
  private final KernelClock clock;
  private final KernelLog log;

  private long resume;
  private int shown;
  private long unshown;

  public BadPageMap(Sched sched, KernelClock clock, KernelLog log) {
    this.sched = sched;
    this.clock = clock;
    this.log = log;
  }

  /**
   * Reports an entry, with the words that lead to it, and taints the machine.
   *
   * @param level pte, pmd or pud
   */
  @PortedFrom(
      value = "mm/memory.c:print_bad_page_map",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no file, no vm_ops, no stack dump: the lines before it")
  public synchronized void printBadPageMap(VmArea vma, long addr, long entry, String level) {
    if (isBadPageMapRatelimited()) {
      return;
    }
    String text =
        "BUG: Bad page map in process %s  %s:%08x\n".formatted(sched.current().comm, level, entry)
            + printBadPageMapPgtableRaw(vma.vmMm.pgTables, addr)
            + "addr:%016x vm_flags:%08x anon_vma:%016x mapping:%016x index:%x\n"
                .formatted(addr, vma.vmFlags, pointer(vma), 0, vma.linearPageIndex(addr))
            + "file:(null) fault:0x0 mmap:0x0 mmap_prepare: 0x0 read_folio:0x0";
    log.report("bad_page_map", text);
  }

  /** Something that looks like the kernel's pointer, and is the same in every run. */
  private static long pointer(VmArea vma) {
    return vma.anonVma == null ? 0 : 0xffff_8880_0000_0000L + vma.anonVma.id * 0x60;
  }

  @PortedFrom(
      value = "mm/memory.c:__print_bad_page_map_pgtable",
      fidelity = Fidelity.ADAPTED,
      differs = "returns the line")
  private static String printBadPageMapPgtableRaw(PgTables tables, long addr) {
    long pgd = tables.pgd().getLockless(pgdIndex(addr));
    PageTable pudTable = tables.pudTable(addr);
    PageTable pmdTable = tables.pmdTable(addr);
    return "pgd:%08x p4d:%08x pud:%08x pmd:%08x\n"
        .formatted(pgd, pgd, word(pudTable, pudIndex(addr)), word(pmdTable, pmdIndex(addr)));
  }

  private static long word(@Nullable PageTable table, int index) {
    return table == null ? 0 : table.getLockless(index);
  }

  @PortedFrom("mm/memory.c:is_bad_page_map_ratelimited")
  private boolean isBadPageMapRatelimited() {
    if (shown == BURST) {
      if (clock.jiffies() < resume) {
        unshown++;
        return true;
      }
      if (unshown > 0) {
        log.report("bad_page_map", "BUG: Bad page map: %d messages suppressed".formatted(unshown));
        unshown = 0;
      }
      shown = 0;
    }
    if (shown++ == 0) {
      resume = clock.jiffies() + QUIET_JIFFIES;
    }
    return false;
  }
}
