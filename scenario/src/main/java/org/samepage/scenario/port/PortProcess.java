// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.port;

import static org.samepage.mm.units.PageUnits.PAGE_BYTES;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.Machine;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise;
import org.samepage.machine.proc.ProcMaps;
import org.samepage.machine.proc.ProcPagemap;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.vma.Mm;
import org.samepage.scenario.backend.BackendProcess;
import org.samepage.scenario.backend.ContentPages;
import org.samepage.scenario.backend.PresentPages;
import org.samepage.scenario.lang.Advice;
import org.samepage.scenario.lang.Content;

/** A process of a {@link Machine}. */
final class PortProcess implements BackendProcess {
  private final Machine machine;
  private final UserProcess process;

  PortProcess(Machine machine, UserProcess process) {
    this.machine = machine;
    this.process = process;
  }

  @Override
  public void mmap(MmapCall call) throws SyscallException {
    if (call.shared()) {
      throw new NotSupportedYetException("shared mappings");
    }
    if (call.populate()) {
      throw new NotSupportedYetException("mmap with populate");
    }
    if (call.file() != null) {
      throw new NotSupportedYetException("files");
    }
    process.mmap(call.addr(), call.length(), call.prot(), call.noreserve());
  }

  @Override
  public void munmap(long addr, long length) {
    throw new NotSupportedYetException("munmap");
  }

  @Override
  public void mremap(MremapCall call) {
    throw new NotSupportedYetException("mremap");
  }

  @Override
  public void mprotect(long addr, long length, int prot) {
    throw new NotSupportedYetException("mprotect");
  }

  @Override
  public void madvise(long addr, long length, Advice advice) throws SyscallException {
    Madvise.Advice known =
        switch (advice) {
          case DONTNEED -> Madvise.Advice.DONTNEED;
          case MERGEABLE -> Madvise.Advice.MERGEABLE;
          case UNMERGEABLE -> Madvise.Advice.UNMERGEABLE;
          default -> throw new NotSupportedYetException("madvise " + advice);
        };
    process.madvise(addr, length, known);
  }

  @Override
  public void mlock(long addr, long length, boolean lock) {
    throw new NotSupportedYetException(lock ? "mlock" : "munlock");
  }

  @Override
  public void prctlMemoryMerge(long value) {
    throw new NotSupportedYetException("prctl");
  }

  @Override
  public void write(long addr, long pages, Content content) throws SyscallException {
    byte[] page = new byte[PAGE_BYTES];
    for (long i = 0; i < pages; i++) {
      ContentPages.fill(content, i, page);
      process.writePage(addr + i * PAGE_SIZE, page);
    }
  }

  @Override
  public void poke(long addr, long pages, int value) throws SyscallException {
    for (long i = 0; i < pages; i++) {
      process.writeByte(addr + i * PAGE_SIZE, (byte) value);
    }
  }

  @Override
  public void touch(long addr, long pages) throws SyscallException {
    for (long i = 0; i < pages; i++) {
      process.touch(addr + i * PAGE_SIZE);
    }
  }

  @Override
  public @Nullable Mismatch check(long addr, long pages, Content content) throws SyscallException {
    byte[] expected = new byte[PAGE_BYTES];
    byte[] seen = new byte[PAGE_BYTES];
    Mismatch first = null;
    for (long i = 0; i < pages; i++) {
      process.readPage(addr + i * PAGE_SIZE, seen);
      ContentPages.fill(content, i, expected);
      int at = Arrays.mismatch(expected, seen);
      if (at >= 0 && first == null) {
        first = new Mismatch(i, at, expected[at] & 0xff, seen[at] & 0xff);
      }
    }
    return first;
  }

  @Override
  public BackendProcess fork(String childName) {
    throw new NotSupportedYetException("fork");
  }

  @Override
  public void exit() {
    process.exit();
  }

  @Override
  public KsmStat ksmStat() {
    Mm mm = process.mm();
    return new KsmStat(
        mm.ksmRmapItems, mm.ksmZeroPages.get(), mm.ksmMergingPages, process.ksmProcessProfit());
  }

  @Override
  public List<String> maps() {
    return ProcMaps.lines(process.mm());
  }

  @Override
  public PresentPages presentPages() {
    Snapshot snapshot = new Snapshot(machine.memory().folios());
    ProcPagemap.visit(process.mm(), snapshot::add);
    return snapshot;
  }

  /** Addresses and frames, in two arrays that grow. */
  private static final class Snapshot implements PresentPages {
    private final Folios folios;
    private long[] addresses = new long[64];
    private int[] frames = new int[64];
    private int count;

    Snapshot(Folios folios) {
      this.folios = folios;
    }

    void add(long addr, int pfn) {
      if (count == frames.length) {
        addresses = Arrays.copyOf(addresses, count * 2);
        frames = Arrays.copyOf(frames, count * 2);
      }
      addresses[count] = addr;
      frames[count++] = pfn;
    }

    @Override
    public int count() {
      return count;
    }

    @Override
    public long address(int index) {
      return addresses[index];
    }

    @Override
    public long frame(int index) {
      return frames[index];
    }

    @Override
    public boolean isZeroPage(int index) {
      return Folios.isZeroPfn(frames[index]);
    }

    @Override
    public void read(int index, byte[] page) {
      folios.readPage(frames[index], page);
    }
  }
}
