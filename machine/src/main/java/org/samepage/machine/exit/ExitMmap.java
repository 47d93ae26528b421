// SPDX-License-Identifier: GPL-2.0-only
// Ported from kernel/fork.c and mm/mmap.c.
package org.samepage.machine.exit;

import org.samepage.ksm.slots.KsmSlots;
import org.samepage.machine.file.SharedFiles;
import org.samepage.machine.mmap.ZapRange;
import org.samepage.machine.thp.HugeZeroFolio;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.swap.Mmlist;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.FileVmas;

/** Gives up a use of an address space; with the last one, all that is mapped goes. */
public final class ExitMmap {
  private final KsmSlots slots;
  private final ZapRange zap;
  private final AnonVmas anonVmas;
  private final SharedFiles files;
  private final Mmlist mmlist;
  private final HugeZeroFolio hugeZero;

  public ExitMmap(
      KsmSlots slots,
      ZapRange zap,
      AnonVmas anonVmas,
      SharedFiles files,
      Mmlist mmlist,
      HugeZeroFolio hugeZero) {
    this.hugeZero = hugeZero;
    this.slots = slots;
    this.zap = zap;
    this.anonVmas = anonVmas;
    this.files = files;
    this.mmlist = mmlist;
  }

  @PortedFrom(
      value = {"kernel/fork.c:mmput", "kernel/fork.c:__mmput"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "what KSM and the address space need of it")
  public void mmput(Mm mm) {
    if (mm.mmUsers.decrementAndGet() == 0) {
      slots.ksmExit(mm);
      exitMmap(mm);
      hugeZero.mmPutHugeZeroFolio(mm);
      mmlist.remove(mm);
      mm.mmdrop();
    }
  }

  @PortedFrom(
      value = "mm/mmap.c:exit_mmap",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "holds mmap_lock for writing throughout")
  private void exitMmap(Mm mm) {
    mm.mmapLock.writeLock();
    for (int i = 0; i < mm.vmas.size(); i++) {
      VmArea vma = mm.vmas.get(i);
      zap.unmapSingleVma(vma);
    }
    while (mm.vmas.size() > 0) {
      VmArea vma = mm.vmas.get(mm.vmas.size() - 1);
      anonVmas.unlinkAnonVmas(vma);
      FileVmas.unlinkFileVma(vma);
      mm.vmas.remove(vma);
      vma.vmaClose();
      if (vma.vmFile != null) {
        files.iput(vma.vmFile);
      }
    }
    mm.pgTables.freePgtables();
    mm.totalVm = 0;
    mm.lockedVm = 0;
    mm.mmapLock.writeUnlock();
  }
}
