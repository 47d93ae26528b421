// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.slots;

import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGEABLE;
import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGE_ANY;

import java.util.function.ToLongFunction;
import org.samepage.ksm.state.KsmKnobs;
import org.samepage.ksm.state.KsmMmSlot;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.trace.KsmTracepoints;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.mm.vma.VmaTree;

/** The list of mms that ksmd goes round. */
public final class KsmSlots {
  private final KsmState state;
  private final KsmTracepoints trace;

  public KsmSlots(KsmState state, KsmTracepoints trace) {
    this.state = state;
    this.trace = trace;
  }

  /** Whether the mm's exit has begun: then its pages are nobody's business any more. */
  @PortedFrom("mm/ksm.c:ksm_test_exit")
  public static boolean ksmTestExit(Mm mm) {
    return mm.mmUsers.get() == 0;
  }

  /** Whether no mm is on the list. */
  public boolean isEmpty() {
    return state.ksmMmHead.listEmpty();
  }

  /**
   * Puts an mm on the list, behind the cursor, so that the pass under way does not meet it; while
   * everything is being unmerged at the end, so that it does. The mm must not be on the list; the
   * caller holds its mmap_lock for writing, or is the only one to know it. Wakes ksmd where the
   * list was empty.
   *
   * @return 0 or {@code -ENOMEM}
   */
  @PortedFrom("mm/ksm.c:__ksm_enter")
  public int ksmEnterRaw(Mm mm) {
    if (!state.caches.mmSlot.kmemCacheAllocNoprof()) {
      return -Errno.ENOMEM;
    }
    KsmMmSlot slot = new KsmMmSlot(mm);
    boolean needsWakeup = isEmpty();
    state.ksmMmlistLock.lock();
    state.mmSlotsHash.put(mm, slot);
    if ((state.knobs.run & KsmKnobs.KSM_RUN_UNMERGE) != 0) {
      state.ksmMmHead.addBefore(slot);
    } else {
      state.ksmScan.mmSlot.addBefore(slot);
    }
    state.ksmMmlistLock.unlock();
    mm.mmFlagsSet(MMF_VM_MERGEABLE);
    mm.mmgrab();
    if (needsWakeup) {
      state.ksmThreadWait.wakeUp();
    }
    if (trace.enabled()) {
      trace.emit(t -> t.ksmEnter(mm));
    }
    return 0;
  }

  /**
   * Takes an exiting mm off the list where that is easy; else leaves it to ksmd, and waits until
   * ksmd has left its page tables.
   */
  @PortedFrom("mm/ksm.c:__ksm_exit")
  public void ksmExitRaw(Mm mm) {
    boolean easyToFree = false;
    state.ksmMmlistLock.lock();
    KsmMmSlot slot = state.mmSlotsHash.get(mm);
    if (slot != null && state.ksmScan.mmSlot != slot) {
      if (slot.rmapList() == null) {
        unhash(slot);
        easyToFree = true;
      } else {
        state.ksmScan.mmSlot.moveBehind(slot);
      }
    }
    state.ksmMmlistLock.unlock();
    if (easyToFree) {
      state.caches.mmSlot.kmemCacheFree();
      mm.mmFlagsClear(MMF_VM_MERGE_ANY);
      mm.mmFlagsClear(MMF_VM_MERGEABLE);
      mm.mmdrop();
    } else if (slot != null) {
      mm.mmapLock.writeLock();
      mm.mmapLock.writeUnlock();
    }
    if (trace.enabled()) {
      trace.emit(t -> t.ksmExit(mm));
    }
  }

  /**
   * Puts a child on ksmd's list if its parent is there, and counts the parent's zero pages once
   * more, as if the child had all of them. A child that does not get there for want of memory is
   * not merged.
   *
   * @param mm the child, with its parent's counts
   */
  @PortedFrom("include/linux/ksm.h:ksm_fork")
  public void ksmFork(Mm mm, Mm oldmm) {
    if (oldmm.mmFlagsTest(MMF_VM_MERGEABLE)) {
      mm.ksmMergingPages = 0;
      mm.ksmRmapItems = 0;
      state.ksmZeroPages.addAndGet(mm.ksmZeroPages.get());
      var _ = ksmEnterRaw(mm);
    }
  }

  /**
   * Puts the address space of a program that begins on ksmd's list, if it is to be merged as a
   * whole.
   *
   * @param mm new, with the flags that it takes over of its predecessor
   * @return 0 or a negative errno, with which execve fails
   */
  @PortedFrom("include/linux/ksm.h:ksm_execve")
  public int ksmExecve(Mm mm) {
    return mm.mmFlagsTest(MMF_VM_MERGE_ANY) ? ksmEnterRaw(mm) : 0;
  }

  /** What an exiting process calls: nothing where the mm was never mergeable. */
  @PortedFrom("include/linux/ksm.h:ksm_exit")
  public void ksmExit(Mm mm) {
    if (mm.mmFlagsTest(MMF_VM_MERGEABLE)) {
      ksmExitRaw(mm);
    }
  }

  /** Adds up a figure of all VMAs that ksmd would look into: mergeable, with an anon_vma. */
  public long sumOfMergeable(ToLongFunction<VmArea> figure) {
    long sum = 0;
    KsmMmSlot head = state.ksmMmHead;
    for (KsmMmSlot slot = head.next(); slot != head; slot = slot.next()) {
      VmaTree vmas = slot.mm().vmas;
      for (int i = 0; i < vmas.size(); i++) {
        VmArea vma = vmas.get(i);
        if (vma.has(VmFlags.VM_MERGEABLE) && vma.anonVma != null) {
          sum += figure.applyAsLong(vma);
        }
      }
    }
    return sum;
  }

  /** Takes a slot off list and hash. Holds ksm_mmlist_lock. */
  public void unhash(KsmMmSlot slot) {
    state.mmSlotsHash.remove(slot.mm());
    slot.unlink();
  }

  /** Moves the cursor to the slot behind this one. Holds ksm_mmlist_lock. */
  @PortedFrom(
      value = "mm/ksm.c:advance_scan_mm_slot",
      fidelity = Fidelity.ADAPTED,
      differs = "the caller holds the lock, as in the versions where this is no function")
  public KsmMmSlot advanceScanMmSlot(KsmMmSlot slot) {
    state.ksmScan.mmSlot = slot.next();
    return state.ksmScan.mmSlot;
  }
}
