// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.access;

import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_ALLOW_RETRY;
import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_WRITE;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_ERROR;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_RETRY;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_SIGSEGV;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.pmdIndex;
import static org.samepage.mm.units.PageUnits.pteIndex;

import org.samepage.machine.mmap.StackVma;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.spi.FaultHandler;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Reads and writes of user memory, page by page. Results: 0, or bits of {@code VM_FAULT_*}. */
public final class UserAccess {
  private final Folios folios;
  private final StackVma stack;
  private final FaultHandler faults;

  public UserAccess(Folios folios, StackVma stack, FaultHandler faults) {
    this.folios = folios;
    this.stack = stack;
    this.faults = faults;
  }

  /** What is done with the frame while its entry is locked. */
  private interface Touch {
    void frame(int pfn);
  }

  /** Overwrites the whole page at an address. */
  public int writePage(Mm mm, long addr, byte[] page) {
    return access(mm, addr, true, pfn -> folios.writePage(pfn, page));
  }

  /** Writes one byte. */
  public int writeByte(Mm mm, long addr, byte value) {
    int offset = (int) (addr & 0xfff);
    return access(mm, addr, true, pfn -> folios.setByte(pfn, offset, value));
  }

  /** Copies the whole page at an address out. */
  public int readPage(Mm mm, long addr, byte[] page) {
    return access(mm, addr, false, pfn -> folios.readPage(pfn, page));
  }

  /** Reads one byte and forgets it. */
  public int touch(Mm mm, long addr) {
    return access(mm, addr, false, pfn -> {});
  }

  private int access(Mm mm, long addr, boolean write, Touch touch) {
    if (Long.compareUnsigned(addr, PageUnits.TASK_SIZE) >= 0) {
      return VM_FAULT_SIGSEGV; // the kernel's half, or no address at all
    }
    while (!tryAccess(mm, addr, write, touch)) {
      int err = doUserAddrFault(mm, addr, write);
      if (err != 0) {
        return err;
      }
    }
    return 0;
  }

  /** Goes through the tables as the hardware does, and sets the accessed and dirty bits. */
  private static boolean tryAccess(Mm mm, long addr, boolean write, Touch touch) {
    PageTable pmdTable = mm.pgTables.pmdTable(addr);
    if (pmdTable != null && Pmd.pmdLeaf(pmdTable.getLockless(pmdIndex(addr)))) {
      return tryHugeAccess(pmdTable, addr, write, touch);
    }
    PageTable table = mm.pgTables.pteTable(addr);
    if (table == null) {
      return false;
    }
    table.ptl.lock();
    try {
      long pte = table.get(pteIndex(addr));
      if ((pte & Pte.PRESENT) == 0 || (write && (pte & Pte.RW) == 0)) {
        return false;
      }
      long used = pte | Pte.ACCESSED | (write ? Pte.DIRTY : 0);
      if (used != pte) {
        table.set(pteIndex(addr), used);
      }
      touch.frame((int) Pte.ptePfn(pte));
      return true;
    } finally {
      table.ptl.unlock();
    }
  }

  /** The same by a huge entry. */
  private static boolean tryHugeAccess(PageTable table, long addr, boolean write, Touch touch) {
    table.ptl.lock();
    try {
      int at = pmdIndex(addr);
      long pmd = table.get(at);
      if (!Pmd.pmdLeaf(pmd) || (pmd & Pte.PRESENT) == 0 || (write && (pmd & Pte.RW) == 0)) {
        return false;
      }
      long used = pmd | Pte.ACCESSED | (write ? Pte.DIRTY : 0);
      if (used != pmd) {
        table.set(at, used);
      }
      touch.frame((int) (Pmd.pmdPfn(pmd) + bytesToPages(addr & (PMD_SIZE - 1))));
      return true;
    } finally {
      table.ptl.unlock();
    }
  }

  @PortedFrom(
      value = {"arch/x86/mm/fault.c:do_user_addr_fault", "arch/x86/mm/fault.c:access_error"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no protection keys, no shadow stacks")
  private int doUserAddrFault(Mm mm, long addr, boolean write) {
    VmArea vma = stack.lockMmAndFindVma(mm, addr);
    if (vma == null) {
      return VM_FAULT_SIGSEGV;
    }
    try {
      if (!vma.has(write ? VmFlags.VM_WRITE : VmFlags.VM_ACCESS_FLAGS)) {
        return VM_FAULT_SIGSEGV;
      }
      int flags = FAULT_FLAG_ALLOW_RETRY | (write ? FAULT_FLAG_WRITE : 0);
      return faults.handleMmFault(vma, addr, flags) & (VM_FAULT_ERROR | VM_FAULT_RETRY);
    } finally {
      mm.mmapLock.readUnlock();
    }
  }
}
