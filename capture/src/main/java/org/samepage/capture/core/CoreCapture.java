// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.core;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.samepage.capture.digest.CaptureKey;
import org.samepage.capture.digest.PageDigest;
import org.samepage.capture.format.CaptureException;
import org.samepage.capture.format.CaptureVisitor;
import org.samepage.capture.format.CapturedProcess;
import org.samepage.capture.format.CapturedVma;
import org.samepage.capture.format.Losses;
import org.samepage.capture.format.PageBlock;
import org.samepage.capture.format.PageKind;
import org.samepage.capture.format.VmaFlag;
import org.samepage.mm.units.PageUnits;

/**
 * Reads core files as if they were processes.
 *
 * <p>A core file does not say which pages are there, and which are a file's: a page of a mapped
 * file is taken as changed where it is not what the file has now, and a page of zeros as one that
 * was never touched, unless the caller wants it otherwise.
 */
public final class CoreCapture {
  /** How the names of files begin that are shared memory. */
  private static final String[] SHARED_MEMORY = {"/dev/zero", "/memfd:", "/SYSV", "/dev/shm/"};

  private final CaptureVisitor out;
  private final PageDigest digest;
  private final PageKind zeros;
  private final PageBlock block = new PageBlock();
  private final long[] digests = new long[2 * PageBlock.LARGEST];
  private final PageKind[] kinds = new PageKind[PageBlock.LARGEST];
  private long unknown;

  /**
   * A reader.
   *
   * @param out what is told; its header and snapshot come from elsewhere
   * @param zerosAreThere whether a page of zeros is taken as a page that was written
   */
  public CoreCapture(CaptureVisitor out, CaptureKey key, boolean zerosAreThere) {
    this.out = out;
    this.digest = new PageDigest(key);
    this.zeros = zerosAreThere ? PageKind.ZEROS : PageKind.ABSENT;
  }

  /**
   * Captures a core file.
   *
   * @param number the process id, where the file names none
   * @return pages of which it is not known whether they are a file's, as that cannot be read; taken
   *     as such
   */
  public long core(Path file, int number) throws IOException, CaptureException {
    unknown = 0;
    try (Arena arena = Arena.ofConfined()) {
      ElfCore core = ElfCore.open(file, arena);
      out.process(
          new CapturedProcess(
              core.pid() > 0 ? core.pid() : number,
              Math.max(0, core.ppid()),
              core.uid(),
              core.command()));
      long behind = 0;
      for (ElfCore.Segment segment : core.segments()) {
        long end = PageUnits.pageAlignUp(segment.end());
        boolean usable =
            PageUnits.isPageAligned(segment.start())
                && segment.start() >= behind
                && end > segment.start()
                && end <= PageUnits.TASK_SIZE
                && segment.start() != core.vdso();
        if (usable) {
          segment(core, segment, end);
          behind = end;
        }
      }
      out.processEnd(new Losses(0, 0, 0, Losses.State.WHOLE));
    }
    return unknown;
  }

  private void segment(ElfCore core, ElfCore.Segment segment, long end) throws IOException {
    ElfCore.MappedFile file = fileOf(core.files(), segment.start());
    String name = file == null ? "" : file.name();
    Set<VmaFlag> flags = EnumSet.noneOf(VmaFlag.class);
    add(flags, segment.flags(), 4, VmaFlag.READ);
    add(flags, segment.flags(), 2, VmaFlag.WRITE);
    add(flags, segment.flags(), 1, VmaFlag.EXEC);
    if (Arrays.stream(SHARED_MEMORY).anyMatch(name::startsWith)) {
      flags.add(VmaFlag.SHARED);
      flags.add(VmaFlag.MAY_SHARE);
    }
    long offset = file == null ? 0 : file.offset() + segment.start() - file.start();
    CapturedVma vma =
        new CapturedVma(segment.start(), end, flags, PageUnits.bytesToPages(offset), name);
    out.vma(vma);
    if (!vma.mayBeMerged()) {
      return;
    }
    if (file == null) {
      pages(core.bytes(), segment, null, 0);
      return;
    }
    try (Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(Path.of(name), StandardOpenOption.READ)) {
      long length = Math.clamp(channel.size() - offset, 0, end - segment.start());
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, offset, length, arena);
      pages(core.bytes(), segment, mapped, length);
    } catch (IOException | IllegalArgumentException e) {
      unknown += PageUnits.bytesToPages(segment.stored());
    }
  }

  private static void add(Set<VmaFlag> flags, int bits, int bit, VmaFlag flag) {
    if ((bits & bit) != 0) {
      flags.add(flag);
    }
  }

  private static ElfCore.@Nullable MappedFile fileOf(List<ElfCore.MappedFile> files, long addr) {
    for (ElfCore.MappedFile file : files) {
      if (file.start() <= addr && addr < file.end()) {
        return file;
      }
    }
    return null;
  }

  /**
   * Tells the pages of a segment.
   *
   * @param file the file mapped there, from the segment's start on; null for none
   */
  private void pages(
      MemorySegment bytes, ElfCore.Segment segment, @Nullable MemorySegment file, long fileLength)
      throws IOException {
    long pages = PageUnits.bytesToPages(segment.stored());
    for (long done = 0; done < pages; done += PageBlock.LARGEST) {
      int count = (int) Math.min(PageBlock.LARGEST, pages - done);
      long at = segment.offset() + PageUnits.pagesToBytes(done);
      digest.digest(bytes, at, count, digests, 0);
      for (int i = 0; i < count; i++) {
        long inSegment = PageUnits.pagesToBytes(done + i);
        boolean zero = (digests[2 * i] | digests[2 * i + 1]) == 0;
        kinds[i] = zero ? zeros : PageKind.CONTENT;
        if (file != null
            && isOfFile(bytes, segment.offset() + inSegment, file, inSegment, fileLength)) {
          kinds[i] = PageKind.FILE;
        }
      }
      tell(segment.start() + PageUnits.pagesToBytes(done), count, bytes, at);
    }
  }

  /** Whether a page is what the file has there; behind its end it has zeros. */
  private static boolean isOfFile(
      MemorySegment bytes, long at, MemorySegment file, long from, long fileLength) {
    long length = Math.clamp(fileLength - from, 0, PageUnits.PAGE_SIZE);
    if (length > 0
        && MemorySegment.mismatch(bytes, at, at + length, file, from, from + length) >= 0) {
      return false;
    }
    for (long i = at + length; i < at + PageUnits.PAGE_SIZE; i++) {
      if (bytes.get(ValueLayout.JAVA_BYTE, i) != 0) {
        return false;
      }
    }
    return true;
  }

  private void tell(long address, int count, MemorySegment bytes, long at) throws IOException {
    int from = 0;
    while (from < count) {
      int to = from + 1;
      while (to < count && kinds[to] == kinds[from]) {
        to++;
      }
      block.address = address + PageUnits.pagesToBytes(from);
      block.count = (long) to - from;
      block.kind = kinds[from];
      System.arraycopy(digests, 2 * from, block.digests, 0, 2 * (to - from));
      block.bytes = bytes;
      block.bytesAt = at + PageUnits.pagesToBytes(from);
      if (block.kind != PageKind.ABSENT) {
        out.pages(block);
      }
      from = to;
    }
  }
}
