// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.core;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.samepage.capture.format.CaptureException;

/** A core file of x86-64: its segments and notes. */
final class ElfCore {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** 0x7f, ELF, 64 bits, little-endian. */
  private static final long MAGIC = 0x0000_0102_464c_457fL;

  private static final long MAGIC_MASK = 0x0000_ffff_ffff_ffffL;
  private static final int HEADER_BYTES = 64;
  private static final int ET_CORE = 4;
  private static final int EM_X86_64 = 62;
  private static final int SEGMENT_BYTES = 56;
  private static final int PN_XNUM = 0xffff;
  private static final int PT_LOAD = 1;
  private static final int PT_NOTE = 4;
  private static final int NT_PRPSINFO = 3;
  private static final int NT_AUXV = 6;
  private static final int NT_FILE = 0x46494c45;
  private static final int PRPSINFO_BYTES = 56;
  private static final long AT_SYSINFO_EHDR = 33;
  private static final int MOST_FILES = 1 << 20;

  private final String name;
  private final MemorySegment bytes;
  private final List<Segment> segments = new ArrayList<>();
  private final List<MappedFile> files = new ArrayList<>();
  private int pid;
  private int ppid;
  private int uid;
  private String command = "?";
  private long vdso;

  /**
   * Memory of the process.
   *
   * @param flags 4 read, 2 write, 1 execute
   * @param offset where its bytes are in the file
   * @param stored how many there are; the rest was not written
   */
  record Segment(long start, long end, int flags, long offset, long stored) {}

  /**
   * Where a file was mapped.
   *
   * @param offset in that file [bytes]
   */
  record MappedFile(long start, long end, long offset, String name) {}

  private ElfCore(String name, MemorySegment bytes) {
    this.name = name;
    this.bytes = bytes;
  }

  /**
   * Reads headers and notes.
   *
   * @param arena keeps the file mapped
   */
  static ElfCore open(Path file, Arena arena) throws IOException, CaptureException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      ElfCore core = new ElfCore(file.toString(), all);
      core.parse();
      return core;
    }
  }

  private CaptureException fault(long offset, String message) {
    return new CaptureException(name, offset, message);
  }

  private void demand(long offset, long length, String what) throws CaptureException {
    if (offset < 0 || length < 0 || offset > bytes.byteSize() - length) {
      throw fault(Math.max(0, offset), "the core file ends before " + what);
    }
  }

  private void parse() throws CaptureException {
    if (bytes.byteSize() < HEADER_BYTES || (bytes.get(LONG, 0) & MAGIC_MASK) != MAGIC) {
      throw fault(0, "this is no ELF file of 64 bits");
    }
    if (bytes.get(SHORT, 16) != ET_CORE || bytes.get(SHORT, 18) != EM_X86_64) {
      throw fault(16, "this is no core file of x86-64");
    }
    long at = bytes.get(LONG, 32);
    int count = Short.toUnsignedInt(bytes.get(SHORT, 56));
    if (count == PN_XNUM) {
      // the real number is in the first section header
      long section = bytes.get(LONG, 40);
      demand(section, HEADER_BYTES, "its section header");
      count = bytes.get(INT, section + 44);
    }
    demand(at, (long) count * SEGMENT_BYTES, "its program headers");
    for (int i = 0; i < count; i++) {
      header(at + (long) i * SEGMENT_BYTES);
    }
    segments.sort(Comparator.comparingLong(Segment::start));
  }

  private void header(long at) throws CaptureException {
    int type = bytes.get(INT, at);
    long offset = bytes.get(LONG, at + 8);
    long start = bytes.get(LONG, at + 16);
    long stored = bytes.get(LONG, at + 32);
    if (type == PT_NOTE) {
      demand(offset, stored, "its notes");
      notes(offset, offset + stored);
    } else if (type == PT_LOAD) {
      demand(offset, stored, "the memory at %#x".formatted(start));
      long length = Math.max(stored, bytes.get(LONG, at + 40));
      segments.add(new Segment(start, start + length, bytes.get(INT, at + 4), offset, stored));
    }
  }

  private void notes(long from, long to) throws CaptureException {
    long at = from;
    while (at + 12 <= to) {
      long nameSize = Integer.toUnsignedLong(bytes.get(INT, at));
      long size = Integer.toUnsignedLong(bytes.get(INT, at + 4));
      int type = bytes.get(INT, at + 8);
      long content = at + 12 + align(nameSize);
      if (content + size > to) {
        throw fault(at, "a note is longer than the notes");
      }
      note(type, content, size);
      at = content + align(size);
    }
  }

  private static long align(long size) {
    return size + 3 & -4L;
  }

  private void note(int type, long at, long size) throws CaptureException {
    if (type == NT_PRPSINFO && size >= PRPSINFO_BYTES) {
      uid = bytes.get(INT, at + 16);
      pid = bytes.get(INT, at + 24);
      ppid = bytes.get(INT, at + 28);
      command = text(at + 40, at + 56);
    } else if (type == NT_AUXV) {
      for (long pair = at; pair + 16 <= at + size; pair += 16) {
        if (bytes.get(LONG, pair) == AT_SYSINFO_EHDR) {
          vdso = bytes.get(LONG, pair + 8);
        }
      }
    } else if (type == NT_FILE && size >= 16) {
      mappedFiles(at, at + size);
    }
  }

  private void mappedFiles(long at, long end) throws CaptureException {
    long count = bytes.get(LONG, at);
    long unit = bytes.get(LONG, at + 8);
    if (count < 0 || count > MOST_FILES || at + 16 + count * 24 > end) {
      throw fault(at, "the note on mapped files is too short");
    }
    long text = at + 16 + count * 24;
    for (int i = 0; i < count; i++) {
      long entry = at + 16 + i * 24L;
      String file = text(text, end);
      text += file.getBytes(StandardCharsets.ISO_8859_1).length + 1L;
      files.add(
          new MappedFile(
              bytes.get(LONG, entry),
              bytes.get(LONG, entry + 8),
              bytes.get(LONG, entry + 16) * unit,
              file));
    }
  }

  /** A text up to its 0, or up to an end. */
  private String text(long from, long end) {
    StringBuilder text = new StringBuilder();
    for (long at = from; at < end && bytes.get(ValueLayout.JAVA_BYTE, at) != 0; at++) {
      text.append((char) (bytes.get(ValueLayout.JAVA_BYTE, at) & 0xff));
    }
    return text.toString();
  }

  MemorySegment bytes() {
    return bytes;
  }

  /** By address. */
  List<Segment> segments() {
    return segments;
  }

  List<MappedFile> files() {
    return files;
  }

  int pid() {
    return pid;
  }

  int ppid() {
    return ppid;
  }

  int uid() {
    return uid;
  }

  String command() {
    return command;
  }

  /** Where the kernel's own page of code is; 0 where that is not said. */
  long vdso() {
    return vdso;
  }
}
