// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mmap.c and kernel/fork.c.
package org.samepage.machine.fork;

import static org.samepage.mm.vma.VmFlags.VM_DONTCOPY;
import static org.samepage.mm.vma.VmFlags.VM_LOCKED_MASK;
import static org.samepage.mm.vma.VmFlags.VM_WIPEONFORK;

import java.util.HashMap;
import java.util.Map;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.machine.mmap.Userfaultfd;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.UserfaultfdCtx;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.FileVmas;

/** Gives a child a copy of its parent's address space. */
public final class DupMmap {
  private final AnonVmas anonVmas;
  private final CopyPageRange copy;
  private final KsmSlots ksm;
  private final FailSlab failSlab;

  public DupMmap(AnonVmas anonVmas, CopyPageRange copy, KsmSlots ksm, FailSlab failSlab) {
    this.failSlab = failSlab;
    this.anonVmas = anonVmas;
    this.copy = copy;
    this.ksm = ksm;
  }

  /**
   * Fills a new address space.
   *
   * @param mm empty, and nobody's yet
   * @return 0 or a negative errno
   */
  @PortedFrom(
      value = {"kernel/fork.c:dup_mm", "mm/mmap.c:dup_mmap"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "what KSM and the address space need; KSM's counts alone are copied with the mm")
  public int dupMmap(Mm mm, Mm oldmm) {
    oldmm.mmapLock.writeLock();
    mm.mmapLock.writeLockNested();
    try {
      mm.mmfInitLegacyFlags(oldmm);
      mm.ksmMergingPages = oldmm.ksmMergingPages;
      mm.ksmRmapItems = oldmm.ksmRmapItems;
      mm.ksmZeroPages.set(oldmm.ksmZeroPages.get());
      mm.totalVm = oldmm.totalVm;
      mm.dataVm = oldmm.dataVm;
      mm.execVm = oldmm.execVm;
      mm.stackVm = oldmm.stackVm;
      mm.startBrk = oldmm.startBrk;
      mm.startStack = oldmm.startStack;
      mm.brk = oldmm.brk;
      Map<UserfaultfdCtx, UserfaultfdCtx> forked = new HashMap<>();
      ksm.ksmFork(mm, oldmm);
      for (int i = 0; i < oldmm.vmas.size(); i++) {
        VmArea mpnt = oldmm.vmas.get(i);
        if (mpnt.has(VM_DONTCOPY)) {
          mm.vmStatAccount(mpnt.vmFlags, -mpnt.vmaPages());
          continue;
        }
        int err = dupVma(mm, mpnt, forked);
        if (err != 0) {
          return err;
        }
      }
      mm.updateHiwaterRss();
      mm.hiwaterVm = mm.totalVm;
      return 0;
    } finally {
      mm.mmapLock.writeUnlock();
      oldmm.mmapLock.writeUnlock();
    }
  }

  private int dupVma(Mm mm, VmArea mpnt, Map<UserfaultfdCtx, UserfaultfdCtx> forked) {
    if (failSlab.shouldFailslab(Alloc.VM_AREA)) {
      return -Errno.ENOMEM;
    }
    VmArea child = mpnt.vmAreaDup(mm);
    dupUserfaultfd(child, forked);
    if (mpnt.has(VM_WIPEONFORK)) {
      child.anonVma = null;
    } else if (anonVmas.anonVmaFork(child, mpnt) != 0) {
      child.vmAreaFree();
      return -Errno.ENOMEM;
    }
    child.vmFlags &= ~VM_LOCKED_MASK;
    child.vmaOpen();
    FileVmas.linkChild(child, mpnt);
    mm.vmas.insert(child);
    return mpnt.has(VM_WIPEONFORK) ? 0 : copy.copyPageRange(child, mpnt);
  }

  /** Registers a child's VMA where the parent's userfaultfd asked for that, else with nobody. */
  @PortedFrom(
      value = "fs/userfaultfd.c:dup_userfaultfd",
      fidelity = Fidelity.ADAPTED,
      differs = "cannot fail; nobody reads the event")
  private static void dupUserfaultfd(VmArea vma, Map<UserfaultfdCtx, UserfaultfdCtx> forked) {
    UserfaultfdCtx parents = vma.vmUserfaultfdCtx;
    if (parents == null) {
      return;
    }
    if (parents.has(UserfaultfdCtx.UFFD_FEATURE_EVENT_FORK)) {
      vma.vmUserfaultfdCtx =
          forked.computeIfAbsent(parents, ctx -> new UserfaultfdCtx(ctx.features()));
    } else {
      Userfaultfd.userfaultfdResetCtx(vma);
    }
  }
}
