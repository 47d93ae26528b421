// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.mmap;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.phys.Mempolicy;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.UserfaultfdCtx;
import org.samepage.mm.vma.VmArea;

/** A range that is to be merged with its neighbours: what it is like, and what is found for it. */
@PortedFrom(
    value = "mm/vma.h:vma_merge_struct",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "no name; no caller gives up when memory is short")
final class VmaMergeState {
  /** What became of it. */
  @PortedFrom("mm/vma.h:vma_merge_state")
  enum Result {
    START,
    NOMERGE,
    NOMEM,
    SUCCESS
  }

  Result result = Result.START;

  final Mm mm;
  @Nullable VmArea prev;

  /** The VMA that has the range now; null for a new range. */
  @Nullable VmArea middle;

  @Nullable VmArea next;

  /** The VMA that the merged range ends up in. */
  @Nullable VmArea target;

  long start;
  long end;
  long flags;
  long pgoff;
  @Nullable AddressSpace file;
  @Nullable AnonVma anonVma;
  @Nullable UserfaultfdCtx uffdCtx;
  @Nullable Mempolicy policy;

  /** The VMA that mremap copies to the new range. */
  @Nullable VmArea copiedFrom;

  /** What is behind the range is not asked: the previous VMA is to grow, as brk does. */
  boolean justExpand;

  boolean adjustMiddleStart;
  boolean adjustNextStart;
  boolean removeMiddle;
  boolean removeNext;

  private VmaMergeState(Mm mm, long start, long end, long flags, long pgoff) {
    this.mm = mm;
    this.start = start;
    this.end = end;
    this.flags = flags;
    this.pgoff = pgoff;
  }

  /** Of a range that nothing is mapped in; neighbours are looked up. */
  static VmaMergeState ofNewRange(Mm mm, long start, long end, long flags, long pgoff) {
    VmaMergeState state = new VmaMergeState(mm, start, end, flags, pgoff);
    state.next = mm.vmas.findVma(start);
    state.prev = before(mm, start);
    return state;
  }

  /** Of a part of a VMA, which is to have other flags. */
  static VmaMergeState ofPart(VmArea vma, long start, long end, long flags) {
    Mm mm = vma.vmMm;
    VmaMergeState state = new VmaMergeState(mm, start, end, flags, vma.linearPageIndex(start));
    state.middle = vma;
    state.file = vma.vmFile;
    state.anonVma = vma.anonVma;
    state.uffdCtx = vma.vmUserfaultfdCtx;
    state.policy = vma.vmPolicy;
    state.prev = start == vma.vmStart ? mm.vmas.prev(vma) : vma;
    return state;
  }

  private static @Nullable VmArea before(Mm mm, long addr) {
    int position = mm.vmas.positionOf(addr) - 1;
    return position < 0 ? null : mm.vmas.get(position);
  }
}
