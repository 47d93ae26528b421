// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.capture.digest.PageDigest;
import org.samepage.capture.format.CaptureHeader;
import org.samepage.capture.format.CaptureVisitor;
import org.samepage.capture.format.CapturedProcess;
import org.samepage.capture.format.CapturedVma;
import org.samepage.capture.format.Losses;
import org.samepage.capture.format.PageBlock;
import org.samepage.capture.format.PageKind;
import org.samepage.machine.Machine;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise;
import org.samepage.machine.mmap.Mmap;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.VmArea;

/**
 * Puts the processes of a capture on a machine whose pages are digests: the first snapshot at once,
 * the others as {@link Changes}.
 *
 * <p>Mappings that KSM never takes are left out; all others become private anonymous memory that
 * may be written. A process that has frames in common with its parent is forked from it, so that
 * they are one frame here too.
 */
final class CapturedMachine implements CaptureVisitor {
  private static final int RW = 3;

  private final Machine machine;
  private final Census census;
  private final MergeScope scope;
  private final Map<Integer, UserProcess> processes = new LinkedHashMap<>();
  private final Map<UserProcess, CapturedProcess> origins = new HashMap<>();
  private final FrameMap frames = new FrameMap();
  private final Changes changes;
  private final byte[] digest = new byte[PageDigest.BYTES];
  private final ByteBuffer digestWords = ByteBuffer.wrap(digest).order(ByteOrder.LITTLE_ENDIAN);

  private @Nullable CapturedProcess captured;
  private @Nullable UserProcess process;
  private @Nullable CapturedVma vma;
  private boolean inherited;
  private boolean first;
  private long upTo;
  private long copied;

  CapturedMachine(Machine machine, Census census, MergeScope scope) {
    this.machine = machine;
    this.census = census;
    this.scope = scope;
    this.changes = new Changes(census.snapshots() > 1);
  }

  @Override
  public void header(CaptureHeader header) {}

  @Override
  public void snapshot(int index, long nanos) {
    first = index == 0;
    changes.snapshot(nanos);
  }

  @Override
  public void process(CapturedProcess described) throws IOException {
    captured = described;
    vma = null;
    upTo = 0;
    if (!first) {
      process = processes.get(described.pid());
      changes.process(process);
      return;
    }
    try {
      UserProcess parent = processes.get(described.ppid());
      inherited = parent != null && census.isForked(described.pid());
      process = inherited ? Objects.requireNonNull(parent).fork() : machine.newProcess();
      if (scope.isAll()) {
        process.prctlMemoryMerge(1);
      }
    } catch (SyscallException e) {
      throw refused("a process", e);
    }
    processes.put(described.pid(), process);
    origins.put(process, described);
    changes.process(process);
  }

  private static IOException refused(String what, SyscallException e) {
    return new IOException("%s of the capture cannot be: %s".formatted(what, e.getMessage()), e);
  }

  private UserProcess process() {
    return Objects.requireNonNull(process);
  }

  @Override
  public void vma(CapturedVma next) throws IOException {
    endVma();
    vma = next.mayBeMerged() ? next : null;
    if (process == null || vma == null) {
      return;
    }
    try {
      if (first && inherited && next.start() > upTo) {
        process().munmap(upTo, next.start() - upTo);
      }
      map(next);
    } catch (SyscallException e) {
      throw refused("a mapping", e);
    }
    upTo = next.start();
  }

  /** Maps what is not mapped yet, and makes mergeable what shall be. */
  private void map(CapturedVma wanted) throws SyscallException {
    long at = wanted.start();
    while (at < wanted.end()) {
      VmArea there = process().mm().vmas.findVmaIntersection(at, wanted.end());
      long free = there == null ? wanted.end() : there.vmStart;
      if (free > at) {
        process().mmap(new Mmap.Request(at, free - at, RW, false, true, false, null, 0));
      }
      at = there == null ? wanted.end() : there.vmEnd;
    }
    CapturedProcess owner = Objects.requireNonNull(captured);
    long start = scope.start(owner, wanted);
    if (!scope.isAll() && start < scope.end(wanted)) {
      process().madvise(start, scope.end(wanted) - start, Madvise.Advice.MERGEABLE);
    }
  }

  @Override
  public void pages(PageBlock block) throws IOException {
    if (process == null || vma == null) {
      return;
    }
    try {
      dropUpTo(block.address);
      boolean known = block.kind == PageKind.CONTENT || block.kind == PageKind.ZEROS;
      if (known) {
        for (int i = 0; i < block.count; i++) {
          page(block, i);
        }
        upTo = block.address + PageUnits.pagesToBytes(block.count);
      }
    } catch (SyscallException e) {
      throw refused("a page", e);
    }
  }

  /** What a parent has and the child has not, or not any more. */
  private void dropUpTo(long address) throws SyscallException {
    if (first && inherited && address > upTo) {
      process().madvise(upTo, address - upTo, Madvise.Advice.DONTNEED);
    }
    upTo = Math.max(upTo, address);
  }

  private void page(PageBlock block, int i) throws SyscallException {
    long addr = block.address + PageUnits.pagesToBytes(i);
    boolean zeros = block.kind == PageKind.ZEROS;
    int at = Math.min(i, PageBlock.LARGEST - 1);
    long low = zeros ? 0 : block.digests[2 * at];
    long high = zeros ? 0 : block.digests[2 * at + 1];
    changes.page(addr, low, high);
    if (!first) {
      return;
    }
    int frame = block.shared ? frames.get(block.frames[at]) : 0;
    if (frame != 0 && frameAt(process(), addr) == frame) {
      return;
    }
    copied += frame != 0 ? 1 : 0;
    write(process(), addr, low, high);
    if (block.shared && frame == 0) {
      frames.put(block.frames[at], frameAt(process(), addr));
    }
  }

  /** Writes a digest as if it were a page. */
  void write(UserProcess to, long addr, long low, long high) throws SyscallException {
    digestWords.putLong(0, low).putLong(Long.BYTES, high);
    to.writePage(addr, digest);
  }

  private static int frameAt(UserProcess of, long addr) {
    PageTable table = of.mm().pgTables.pteTable(addr);
    long pte = table == null ? 0 : table.get(PageUnits.pteIndex(addr));
    return (pte & Pte.PRESENT) == 0 ? 0 : (int) Pte.ptePfn(pte);
  }

  private void endVma() throws IOException {
    if (process == null || vma == null) {
      return;
    }
    try {
      dropUpTo(vma.end());
    } catch (SyscallException e) {
      throw refused("a mapping", e);
    }
  }

  @Override
  public void processEnd(Losses losses) throws IOException {
    endVma();
    try {
      if (first && inherited && upTo < PageUnits.TASK_SIZE) {
        process().munmap(upTo, PageUnits.TASK_SIZE - upTo);
      }
    } catch (SyscallException e) {
      throw refused("a process", e);
    }
    changes.processEnd();
  }

  /** The process of the capture that one on the machine stands for. */
  CapturedProcess origin(UserProcess of) {
    return Objects.requireNonNull(origins.get(of));
  }

  Iterable<UserProcess> processes() {
    return processes.values();
  }

  Changes changes() {
    return changes;
  }

  /** Pages that shared a frame and have one of their own here. */
  long copied() {
    return copied;
  }
}
