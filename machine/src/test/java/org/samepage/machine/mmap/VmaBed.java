// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.mmap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.mm.units.PageUnits.pagesToBytes;
import static org.samepage.mm.vma.VmFlags.VM_MAYREAD;
import static org.samepage.mm.vma.VmFlags.VM_MAYWRITE;
import static org.samepage.mm.vma.VmFlags.VM_READ;
import static org.samepage.mm.vma.VmFlags.VM_WRITE;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.samepage.machine.file.SharedFiles;
import org.samepage.mm.testing.TestMemory;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.AnonVmaChain;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.mm.vma.VmOperations;
import org.samepage.mm.work.WorkCounters;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.AnonVmaIntervalTree;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.huge.SplitHugePmd;

/**
 * One address space and the code that changes its VMAs, with no machine around. Places are pages.
 * {@link #layout} checks what must hold after any change; closing checks that nothing is left.
 */
final class VmaBed implements AutoCloseable {
  /** What may be done with memory of these tests, as in the kernel's. */
  static final long FLAGS = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE;

  /** Told of its end, and content with it. */
  static final VmOperations CLOSES = vma -> {};

  final TestMemory memory = new TestMemory();
  final AnonVmas anonVmas = new AnonVmas(memory.sched);
  final SplitHugePmd splitHugePmd = new SplitHugePmd(memory.folios, new AnonRmap(memory.folios));
  final VmaCommit commit =
      new VmaCommit(anonVmas, new SharedFiles(memory.folios), splitHugePmd, memory.sched.failSlab);
  final VmaMerge merge = new VmaMerge(anonVmas, commit);
  final VmaModify modify = new VmaModify(merge, anonVmas, splitHugePmd, memory.sched.failSlab);
  final CopyVma copy = new CopyVma(merge, anonVmas, memory.sched.failSlab);
  final Mm mm = memory.mm();

  VmaBed() {
    mm.mmapLock.writeLock();
  }

  /** Each flag that is sticky, by itself. */
  static LongStream stickyFlags() {
    return LongStream.range(0, Long.SIZE)
        .map(bit -> 1L << bit)
        .filter(flag -> (VmFlags.VM_STICKY & flag) != 0);
  }

  VmArea map(long from, long to, long flags) {
    return memory.map(mm, pagesToBytes(from), to - from, flags);
  }

  VmArea map(long from, long to) {
    return map(from, to, FLAGS);
  }

  /** Gives a VMA an anon_vma as a fault does. */
  AnonVma fault(VmArea vma) {
    assertThat(anonVmas.anonVmaPrepare(vma)).isZero();
    return Objects.requireNonNull(vma.anonVma);
  }

  /** Links a VMA to the anon_vma of another, as parts of one VMA are. */
  void share(VmArea vma, VmArea like) {
    vma.anonVma = like.anonVma;
    assertThat(anonVmas.anonVmaClone(vma, like)).isZero();
  }

  /** A range that nothing is mapped in. */
  VmaMergeState range(long from, long to, long flags) {
    return VmaMergeState.ofNewRange(mm, pagesToBytes(from), pagesToBytes(to), flags, from);
  }

  VmaMergeState range(long from, long to) {
    return range(from, to, FLAGS);
  }

  /** A part of a VMA that is to have other flags. */
  VmaMergeState part(VmArea vma, long from, long to, long flags) {
    return VmaMergeState.ofPart(vma, pagesToBytes(from), pagesToBytes(to), flags);
  }

  VmaMergeState part(VmArea vma, long from, long to) {
    return part(vma, from, to, vma.vmFlags);
  }

  /** All VMAs as {@code from-to}, with {@code @offset} where that is not where they start. */
  List<String> layout() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < mm.vmas.size(); i++) {
      VmArea vma = mm.vmas.get(i);
      long from = vma.vmStart >>> 12;
      String offset = vma.vmPgoff == from ? "" : "@" + vma.vmPgoff;
      lines.add(from + "-" + (vma.vmEnd >>> 12) + offset);
      checkLinks(vma);
    }
    return lines;
  }

  /** Each anon_vma finds the VMA at both its ends, and counts those that are its own. */
  private void checkLinks(VmArea vma) {
    long last = vma.vmPgoff + vma.vmaPages() - 1;
    for (AnonVmaChain avc = vma.newestChain(); avc != null; avc = avc.nextSameVma()) {
      assertThat(finds(avc, vma.vmPgoff)).as("first page of " + vma).isTrue();
      assertThat(finds(avc, last)).as("last page of " + vma).isTrue();
    }
    AnonVma anonVma = vma.anonVma;
    if (anonVma != null) {
      long users = 0;
      for (int i = 0; i < mm.vmas.size(); i++) {
        users += mm.vmas.get(i).anonVma == anonVma ? 1 : 0;
      }
      assertThat(anonVma.numActiveVmas).as("VMAs with the anon_vma of " + vma).isEqualTo(users);
      assertThat(vma.newestChain()).as("links of " + vma).isNotNull();
    }
  }

  private static boolean finds(AnonVmaChain wanted, long index) {
    AnonVmaChain avc =
        AnonVmaIntervalTree.anonVmaIntervalTreeIterFirst(
            wanted.anonVma.rbRoot, index, index, new WorkCounters());
    while (avc != null && avc != wanted) {
      avc = AnonVmaIntervalTree.anonVmaIntervalTreeIterNext(avc, index, index, new WorkCounters());
    }
    return avc == wanted;
  }

  @Override
  public void close() {
    memory.sched.failSlab.follow(null);
    while (mm.vmas.size() > 0) {
      VmArea vma = mm.vmas.get(0);
      anonVmas.unlinkAnonVmas(vma);
      mm.vmas.remove(vma);
    }
    assertThat(anonVmas.alive()).as("anon_vmas left").isZero();
    mm.mmapLock.writeUnlock();
    memory.close();
  }
}
