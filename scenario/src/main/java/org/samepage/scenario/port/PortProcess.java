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
import org.samepage.machine.migrate.MovePages;
import org.samepage.machine.mmap.Madvise;
import org.samepage.machine.mmap.Mmap;
import org.samepage.machine.mmap.Mremap;
import org.samepage.machine.proc.ProcMaps;
import org.samepage.machine.proc.ProcPagemap;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.scenario.backend.BackendProcess;
import org.samepage.scenario.backend.ContentPages;
import org.samepage.scenario.backend.PageList;
import org.samepage.scenario.backend.PresentPages;
import org.samepage.scenario.lang.Advice;
import org.samepage.scenario.lang.Content;

/** A process of a {@link Machine}. */
final class PortProcess implements BackendProcess {
  private static final int PROT_MASK = 7;

  private final PortBackend backend;
  private final Machine machine;
  private final UserProcess process;

  PortProcess(PortBackend backend, UserProcess process) {
    this.backend = backend;
    this.machine = backend.machine();
    this.process = process;
  }

  Mm mm() {
    return process.mm();
  }

  @Override
  public long pid() {
    return process.pid();
  }

  @Override
  public void mmap(MmapCall call) throws SyscallException {
    process.mmap(
        new Mmap.Request(
            call.addr(),
            call.length(),
            call.prot() & PROT_MASK,
            call.shared(),
            call.noreserve(),
            call.populate(),
            call.file() == null ? null : backend.file(call.file()),
            call.offset()));
  }

  @Override
  public void munmap(long addr, long length) throws SyscallException {
    process.munmap(addr, length);
  }

  @Override
  public void mremap(MremapCall call) throws SyscallException {
    Long to = call.to();
    int flags =
        to == null
            ? 0
            : Mremap.MREMAP_MAYMOVE
                | Mremap.MREMAP_FIXED
                | (call.dontunmap() ? Mremap.MREMAP_DONTUNMAP : 0);
    process.mremap(call.addr(), call.oldLength(), call.newLength(), flags, to == null ? 0 : to);
  }

  @Override
  public void mprotect(long addr, long length, int prot) throws SyscallException {
    process.mprotect(addr, length, prot);
  }

  @Override
  public void madvise(long addr, long length, Advice advice) throws SyscallException {
    Madvise.Advice known =
        switch (advice) {
          case DONTNEED -> Madvise.Advice.DONTNEED;
          case DONTFORK -> Madvise.Advice.DONTFORK;
          case DOFORK -> Madvise.Advice.DOFORK;
          case MERGEABLE -> Madvise.Advice.MERGEABLE;
          case UNMERGEABLE -> Madvise.Advice.UNMERGEABLE;
          case HUGEPAGE -> Madvise.Advice.HUGEPAGE;
          case NOHUGEPAGE -> Madvise.Advice.NOHUGEPAGE;
          case WIPEONFORK -> Madvise.Advice.WIPEONFORK;
          case KEEPONFORK -> Madvise.Advice.KEEPONFORK;
          case POPULATE_READ -> Madvise.Advice.POPULATE_READ;
          case POPULATE_WRITE -> Madvise.Advice.POPULATE_WRITE;
          case GUARD_INSTALL -> Madvise.Advice.GUARD_INSTALL;
          case GUARD_REMOVE -> Madvise.Advice.GUARD_REMOVE;
          case FREE -> Madvise.Advice.FREE;
          case COLD -> Madvise.Advice.COLD;
          case PAGEOUT -> Madvise.Advice.PAGEOUT;
          case COLLAPSE -> Madvise.Advice.COLLAPSE;
        };
    process.madvise(addr, length, known);
  }

  @Override
  public void mlock(long addr, long length, boolean lock) throws SyscallException {
    if (lock) {
      process.mlock(addr, length);
    } else {
      process.munlock(addr, length);
    }
  }

  @Override
  public void prctlMemoryMerge(long value) throws SyscallException {
    process.prctlMemoryMerge(value);
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
  public void migrate(long addr, long pages, @Nullable Integer node) throws SyscallException {
    if (node == null) {
      process.migrateWithinNode(addr, PageUnits.pagesToBytes(pages));
      return;
    }
    for (long i = 0; i < pages; i++) {
      int[] status = new int[1];
      long[] page = {addr + i * PAGE_SIZE};
      int left = process.movePages(page, new int[] {node}, status, MovePages.MPOL_MF_MOVE_ALL);
      int error = left > 0 ? -Errno.EBUSY : Math.min(0, status[0]);
      if (error != 0 && error != -Errno.ENOENT && error != -Errno.EFAULT) {
        throw SyscallException.ofErrno(error);
      }
    }
  }

  @Override
  public void swapout(long addr, long pages) throws SyscallException {
    process.swapOut(addr, PageUnits.pagesToBytes(pages));
  }

  @Override
  public void offline(long addr, long pages) throws SyscallException {
    process.offline(addr, PageUnits.pagesToBytes(pages));
  }

  @Override
  public BackendProcess fork(String childName) throws SyscallException {
    return new PortProcess(backend, process.fork());
  }

  @Override
  public void exit() {
    process.exit();
  }

  @Override
  public KsmStat ksmStat() {
    Mm mm = process.mm();
    return new KsmStat(
        mm.ksmRmapItems, mm.ksmZeroPages.get(), mm.ksmMergingPages, backend.profit(process));
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

  /** The pages as the tables have them; their bytes as they are when they are read. */
  private static final class Snapshot extends PageList {
    private final Folios folios;

    Snapshot(Folios folios) {
      this.folios = folios;
    }

    void add(long addr, int pfn) {
      add(addr, pfn, Folios.isZeroPfn(pfn) || folios.frames().isHugeZeroPfn(pfn));
    }

    @Override
    public void read(int index, byte[] page) {
      folios.readPage((int) frame(index), page);
    }
  }
}
