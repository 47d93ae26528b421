// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/mmap.c and kernel/fork.c.
package org.samepage.machine.fork;

import static org.samepage.mm.vma.VmFlags.VM_DONTCOPY;
import static org.samepage.mm.vma.VmFlags.VM_LOCKED_MASK;
import static org.samepage.mm.vma.VmFlags.VM_WIPEONFORK;

import java.util.HashMap;
import java.util.Map;
import org.samepage.ksm.unmerge.MergeAny;
import org.samepage.machine.mmap.Userfaultfd;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.UserfaultfdCtx;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.AnonVmas;

/** Gives a child a copy of its parent's address space. */
public final class DupMmap {
  private final AnonVmas anonVmas;
  private final CopyPageRange copy;
  private final MergeAny ksm;

  public DupMmap(AnonVmas anonVmas, CopyPageRange copy, MergeAny ksm) {
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
      mm.startBrk = oldmm.startBrk;
      mm.brk = oldmm.brk;
      Map<UserfaultfdCtx, UserfaultfdCtx> forked = new HashMap<>();
      ksm.ksmFork(mm, oldmm);
      for (int i = 0; i < oldmm.vmas.size(); i++) {
        VmArea mpnt = oldmm.vmas.get(i);
        if (mpnt.has(VM_DONTCOPY)) {
          mm.totalVm -= mpnt.vmaPages();
          continue;
        }
        int err = dupVma(mm, mpnt, forked);
        if (err != 0) {
          return err;
        }
      }
      return 0;
    } finally {
      mm.mmapLock.writeUnlock();
      oldmm.mmapLock.writeUnlock();
    }
  }

  private int dupVma(Mm mm, VmArea mpnt, Map<UserfaultfdCtx, UserfaultfdCtx> forked) {
    VmArea child = mpnt.vmAreaDup(mm);
    dupUserfaultfd(child, forked);
    if (mpnt.has(VM_WIPEONFORK)) {
      child.anonVma = null;
    } else {
      anonVmas.anonVmaFork(child, mpnt);
    }
    child.vmFlags &= ~VM_LOCKED_MASK;
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
