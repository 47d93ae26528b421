// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.vma;

import static org.samepage.mm.units.PageUnits.bytesToPages;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.pgtable.PgProt;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Mempolicy;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbNode;

/**
 * A mapping of one address space: {@code [vmStart, vmEnd)} with one set of flags.
 *
 * <p>Fields are guarded by {@link Mm#mmapLock}. While a VMA is in the interval trees, its start,
 * end and page offset may change only between removing it there and putting it back.
 */
@PortedFrom(
    value = "include/linux/mm_types.h:vm_area_struct",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "no per-VMA lock; shared.rb is the base class")
public final class VmArea extends RbNode {
  public final Mm vmMm;

  /** First byte, page-aligned. */
  public long vmStart;

  /** One more than the last byte, page-aligned. */
  public long vmEnd;

  public long vmFlags;

  /** The protection bits of the entries of this VMA, from its flags. */
  public long vmPageProt;

  /**
   * The offset of the first byte in what the VMA maps [pages]; of anonymous memory the page number
   * of the address at which it was first faulted.
   */
  public long vmPgoff;

  /** What is mapped; null for anonymous memory. The VMA has a use of it. */
  public @Nullable AddressSpace vmFile;

  /**
   * In the file's tree of VMAs, the largest last page offset below this node, itself included
   * [pages].
   */
  public long rbSubtreeLast;

  /** Who is told of what becomes of this mapping; null for most. */
  public @Nullable VmOperations vmOps;

  /** The userfaultfd that hears of what happens here; null for none. */
  public @Nullable UserfaultfdCtx vmUserfaultfdCtx;

  /** From which nodes its pages are taken; null for the task's own policy. */
  public @Nullable Mempolicy vmPolicy;

  /** Set at the first fault that needs it, under page_table_lock; then it stays. */
  public @Nullable AnonVma anonVma;

  private @Nullable AnonVmaChain newestChain;
  private @Nullable AnonVmaChain oldestChain;

  public VmArea(Mm mm, long start, long end, long flags, long pgoff) {
    this.vmMm = mm;
    this.vmStart = start;
    this.vmEnd = end;
    this.vmFlags = flags;
    this.vmPageProt = PgProt.vmGetPageProt(flags);
    this.vmPgoff = pgoff;
  }

  /** A VMA like another, without its links to anon_vmas. */
  @PortedFrom(
      value = "mm/vma_init.c:vm_area_dup",
      fidelity = Fidelity.ADAPTED,
      differs = "takes the use of the file too, as all callers do next")
  public VmArea vmAreaDup(Mm mm) {
    VmArea copy = new VmArea(mm, vmStart, vmEnd, vmFlags, vmPgoff);
    copy.vmPageProt = vmPageProt;
    copy.vmUserfaultfdCtx = vmUserfaultfdCtx;
    copy.anonVma = anonVma;
    copy.vmFile = vmFile;
    copy.vmOps = vmOps;
    copy.vmPolicy = vmPolicy;
    if (vmFile != null) {
      vmFile.get();
    }
    return copy;
  }

  /** Gives up a copy that was never put anywhere. */
  @PortedFrom(
      value = "mm/vma_init.c:vm_area_free",
      fidelity = Fidelity.ADAPTED,
      differs = "of one that vm_area_dup made: gives its use of the file back")
  public void vmAreaFree() {
    if (vmFile != null && vmFile.put()) {
      throw new IllegalStateException("a copy outlived what it was copied from");
    }
  }

  /** Tells who wants to know that this VMA came to be as a copy. */
  public void vmaOpen() {
    if (vmOps != null) {
      vmOps.open(this);
    }
  }

  /** Tells who wants to know that this VMA goes; no more than once. */
  @PortedFrom("mm/internal.h:vma_close")
  public void vmaClose() {
    VmOperations ops = vmOps;
    vmOps = null;
    if (ops != null) {
      ops.close(this);
    }
  }

  /**
   * Sets the flags, and the protection of entries that follows from them. What is {@linkplain
   * VmFlags#VM_STICKY sticky} stays.
   */
  @PortedFrom(
      value = "include/linux/mm.h:vm_flags_reset",
      fidelity = Fidelity.ADAPTED,
      differs = "keeps sticky flags; sets the protection too, as all callers do next")
  public void vmFlagsReset(long flags) {
    vmFlags = flags | (vmFlags & VmFlags.VM_STICKY);
    vmaSetPageProt();
  }

  /** Sets the protection of entries that follows from the flags. Holds mmap_lock for writing. */
  @PortedFrom("mm/mmap.c:vma_set_page_prot")
  public void vmaSetPageProt() {
    vmPageProt =
        PgProt.vmGetPageProt(vmaWantsWritenotify() ? vmFlags & ~VmFlags.VM_SHARED : vmFlags);
  }

  /** Whether a first write to each page must fault, though all may write: somebody keeps track. */
  @PortedFrom(
      value = {"mm/vma.c:vma_wants_writenotify", "mm/vma.c:vm_ops_needs_writenotify"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "files on a disk always have a page_mkwrite, and those in memory never")
  public boolean vmaWantsWritenotify() {
    long sharedWritable = VmFlags.VM_SHARED | VmFlags.VM_WRITE;
    return (vmFlags & sharedWritable) == sharedWritable
        && ((vmFile != null && vmFile.onDisk) || vmaSoftDirtyEnabled() || has(VmFlags.VM_UFFD_WP));
  }

  /** Whether writes to this VMA are tracked, and somebody has asked for it to be clean. */
  @PortedFrom("mm/internal.h:vma_soft_dirty_enabled")
  public boolean vmaSoftDirtyEnabled() {
    return vmMm.ptes.pgtableSupportsSoftDirty() && !has(VmFlags.VM_SOFTDIRTY);
  }

  /** Whether a write to this page must fault so that its soft-dirty bit gets set. */
  @PortedFrom("mm/internal.h:pte_needs_soft_dirty_wp")
  public boolean pteNeedsSoftDirtyWp(long pte) {
    return vmaSoftDirtyEnabled() && !vmMm.ptes.pteSoftDirty(pte);
  }

  @PortedFrom("include/linux/userfaultfd_k.h:userfaultfd_missing")
  public boolean userfaultfdMissing() {
    return has(VmFlags.VM_UFFD_MISSING);
  }

  @PortedFrom("include/linux/userfaultfd_k.h:userfaultfd_wp")
  public boolean userfaultfdWp() {
    return has(VmFlags.VM_UFFD_WP);
  }

  @PortedFrom("include/linux/userfaultfd_k.h:userfaultfd_armed")
  public boolean userfaultfdArmed() {
    return has(VmFlags.VM_UFFD_FLAGS);
  }

  /** Whether a write to this page is the userfaultfd's business. */
  @PortedFrom("include/linux/userfaultfd_k.h:userfaultfd_pte_wp")
  public boolean userfaultfdPteWp(long pte) {
    return userfaultfdWp() && Pte.pteUffdWp(pte);
  }

  /** Whether this is the stack of a process that exec has not done with: pages may yet move. */
  @PortedFrom("include/linux/mm.h:vma_is_temporary_stack")
  public boolean vmaIsTemporaryStack() {
    return has(VmFlags.VM_GROWSDOWN)
        && (vmFlags & VmFlags.VM_STACK_INCOMPLETE_SETUP) == VmFlags.VM_STACK_INCOMPLETE_SETUP;
  }

  /** Whether pages of this VMA are copied when they are written. */
  @PortedFrom("include/linux/mm.h:is_cow_mapping")
  public boolean isCowMapping() {
    return (vmFlags & (VmFlags.VM_SHARED | VmFlags.VM_MAYWRITE)) == VmFlags.VM_MAYWRITE;
  }

  /** Whether this is memory of no file: its pages are made by faults alone. */
  @PortedFrom("include/linux/mm.h:vma_is_anonymous")
  public boolean vmaIsAnonymous() {
    return vmFile == null && vmOps == null;
  }

  public boolean has(long flag) {
    return (vmFlags & flag) != 0;
  }

  @PortedFrom("include/linux/mm.h:vma_pages")
  public long vmaPages() {
    return bytesToPages(vmEnd - vmStart);
  }

  /** The page offset of an address of this VMA: the key of its page in the interval tree. */
  @PortedFrom("include/linux/pagemap.h:linear_page_index")
  public long linearPageIndex(long addr) {
    return vmPgoff + bytesToPages(addr - vmStart);
  }

  /** The newest link to an anon_vma: the head of anon_vma_chain. */
  public @Nullable AnonVmaChain newestChain() {
    return newestChain;
  }

  /** The oldest link: the tail of the list, which leads to the root-most anon_vma. */
  public @Nullable AnonVmaChain oldestChain() {
    return oldestChain;
  }

  /** Whether the VMA has exactly one link. */
  public boolean chainIsSingular() {
    return newestChain != null && newestChain == oldestChain;
  }

  /** Adds a link at the head of the list. */
  public void addChain(AnonVmaChain avc) {
    avc.prevSameVma = null;
    avc.nextSameVma = newestChain;
    if (newestChain == null) {
      oldestChain = avc;
    } else {
      newestChain.prevSameVma = avc;
    }
    newestChain = avc;
  }

  /** Takes a link out of the list. */
  public void removeChain(AnonVmaChain avc) {
    if (avc.prevSameVma == null) {
      newestChain = avc.nextSameVma;
    } else {
      avc.prevSameVma.nextSameVma = avc.nextSameVma;
    }
    if (avc.nextSameVma == null) {
      oldestChain = avc.prevSameVma;
    } else {
      avc.nextSameVma.prevSameVma = avc.prevSameVma;
    }
    avc.prevSameVma = null;
    avc.nextSameVma = null;
  }

  @Override
  public String toString() {
    return "[%012x, %012x) flags %x pgoff %x".formatted(vmStart, vmEnd, vmFlags, vmPgoff);
  }
}
