// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/exec.c, mm/vma_exec.c and mm/vma.c.
package org.samepage.machine.exec;

import static org.samepage.machine.fault.Gup.FOLL_WRITE;
import static org.samepage.mm.units.PageUnits.PAGE_BYTES;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.TASK_SIZE;
import static org.samepage.mm.units.PageUnits.bytesToPages;
import static org.samepage.mm.units.PageUnits.isPageAligned;
import static org.samepage.mm.units.PageUnits.pageAlignDown;
import static org.samepage.mm.vma.VmFlags.VM_SOFTDIRTY;
import static org.samepage.mm.vma.VmFlags.VM_STACK_FLAGS;
import static org.samepage.mm.vma.VmFlags.VM_STACK_INCOMPLETE_SETUP;

import java.nio.charset.StandardCharsets;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.machine.access.AccessRemoteVm;
import org.samepage.machine.mmap.StackVma;
import org.samepage.machine.mmap.UnmappedArea;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.failslab.FailSlab;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** exec: an address space with nothing but a stack, which takes over what is to be merged. */
public final class Exec {
  /** How far the stack may grow at once, so that the program need not fault for it. */
  private static final long STACK_EXPAND = 131072;

  private final KsmSlots ksm;
  private final AccessRemoteVm remote;
  private final StackVma stack;
  private final FailSlab failSlab;

  public Exec(KsmSlots ksm, AccessRemoteVm remote, StackVma stack, FailSlab failSlab) {
    this.ksm = ksm;
    this.remote = remote;
    this.stack = stack;
    this.failSlab = failSlab;
  }

  /**
   * What the new program is, as far as its address space goes.
   *
   * @param startBrk where its data ends: the heap begins there [bytes, page-aligned]
   * @param stackShift how far below the top of the address space its stack ends: what randomization
   *     chose [bytes, page-aligned]
   * @param arguments what is at the top of the stack when it starts: text, at most a page of it
   */
  public record Image(long startBrk, long stackShift, String arguments) {
    public Image {
      if (!isPageAligned(startBrk) || !isPageAligned(stackShift)) {
        throw new IllegalArgumentException("heap and stack begin at page boundaries");
      }
      if (startBrk < 0 || startBrk > TASK_SIZE - PAGE_SIZE) {
        throw new IllegalArgumentException("the heap begins in the address space");
      }
      if (stackShift < 0 || stackShift > TASK_SIZE / 2) {
        throw new IllegalArgumentException("the stack ends in the upper half of the address space");
      }
      if (bytes(arguments).length > PAGE_BYTES) {
        throw new IllegalArgumentException("arguments of a page at most");
      }
    }

    /** A program whose heap begins there, whose stack ends at the top, and without arguments. */
    public static Image ofHeap(long startBrk) {
      return new Image(startBrk, 0, "");
    }

    private static byte[] bytes(String text) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
  }

  /**
   * Fills a new address space; the caller lets go of the old one.
   *
   * @param mm empty, and nobody's yet
   * @return 0 or a negative errno
   */
  @PortedFrom(
      value = {
        "fs/exec.c:begin_new_exec",
        "fs/exec.c:bprm_mm_init",
        "fs/binfmt_elf.c:load_elf_binary"
      },
      fidelity = Fidelity.SIMPLIFIED,
      differs = "the stack and the heap: no file is loaded")
  public int beginNewExec(Mm mm, Mm old, Image image) {
    mm.mmfInitLegacyFlags(old);
    int err = createInitStackVma(mm);
    if (err != 0) {
      return err;
    }
    if (!copyStrings(mm, Image.bytes(image.arguments))) {
      return -Errno.ENOMEM;
    }
    err = setupArgPages(mm, image.stackShift);
    if (err != 0) {
      return err;
    }
    mm.mmapLock.writeLock();
    mm.mmapBase = UnmappedArea.mmapBase(mm.rlimits.stack);
    mm.startBrk = image.startBrk;
    mm.brk = image.startBrk;
    mm.startStack = TASK_SIZE - image.stackShift - Image.bytes(image.arguments).length;
    mm.mmapLock.writeUnlock();
    return 0;
  }

  /** One page at the very top, with flags that say: not there yet. */
  @PortedFrom("mm/vma_exec.c:create_init_stack_vma")
  private int createInitStackVma(Mm mm) {
    if (failSlab.shouldFailslab(Alloc.VM_AREA)) {
      return -Errno.ENOMEM;
    }
    mm.mmapLock.writeLock();
    try {
      int err = ksm.ksmExecve(mm);
      if (err != 0) {
        return err;
      }
      if (failSlab.shouldFailslab(Alloc.VMA_TREE)) {
        ksm.ksmExit(mm);
        return -Errno.ENOMEM;
      }
      long start = TASK_SIZE - PAGE_SIZE;
      long flags = VM_STACK_FLAGS | VM_STACK_INCOMPLETE_SETUP;
      if (mm.ptes.pgtableSupportsSoftDirty()) {
        flags |= VM_SOFTDIRTY;
      }
      mm.vmas.insert(new VmArea(mm, start, TASK_SIZE, flags, bytesToPages(start)));
      mm.totalVm = 1;
      mm.stackVm = 1;
      return 0;
    } finally {
      mm.mmapLock.writeUnlock();
    }
  }

  @PortedFrom(
      value = {"fs/exec.c:copy_strings", "fs/exec.c:get_arg_page"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "bytes that end with the page")
  private boolean copyStrings(Mm mm, byte[] arguments) {
    long at = TASK_SIZE - arguments.length;
    int copied = remote.accessRemoteVmRaw(mm, at, arguments, 0, arguments.length, FOLL_WRITE);
    return copied == arguments.length;
  }

  /** Moves the stack to where it stays, takes the temporary flags away, and lets it grow a bit. */
  @PortedFrom(
      value = "fs/exec.c:setup_arg_pages",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "grows down; executable or not is not asked")
  private int setupArgPages(Mm mm, long stackShift) {
    mm.mmapLock.writeLock();
    try {
      VmArea vma = mm.vmas.get(mm.vmas.size() - 1);
      if (stackShift != 0) {
        int err = stack.relocateVmaDown(vma, stackShift);
        if (err != 0) {
          return err;
        }
      }
      vma.vmFlags &= ~VM_STACK_INCOMPLETE_SETUP;
      long limit = pageAlignDown(mm.rlimits.stack);
      long size = vma.vmEnd - vma.vmStart + STACK_EXPAND;
      long base = vma.vmEnd - (Long.compareUnsigned(limit, size) < 0 ? limit : size);
      return base < vma.vmStart && stack.expandDownwards(vma, base) != 0 ? -Errno.EFAULT : 0;
    } finally {
      mm.mmapLock.writeUnlock();
    }
  }
}
