// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** Reads sections, one at a time, into one buffer. */
final class SectionReader {
  private static final int VARINT_BITS = 7;
  private static final int FIRST_BUFFER = 1 << 17;

  private final String file;
  private final InputStream in;
  private final CRC32C crc = new CRC32C();
  private ByteBuffer section = ByteBuffer.allocate(FIRST_BUFFER).order(ByteOrder.LITTLE_ENDIAN);
  private long start;
  private long end;
  private int type;

  SectionReader(String file, InputStream in) {
    this.file = file;
    this.in = in;
  }

  /** A fault at the byte to be read next. */
  CaptureException fault(String message) {
    return new CaptureException(file, start + section.position(), message);
  }

  /** A fault of the section as a whole. */
  CaptureException sectionFault(String message) {
    return new CaptureException(file, start, message);
  }

  void magic() throws IOException, CaptureException {
    byte[] seen = in.readNBytes(CaptureFormat.MAGIC.length);
    if (!Arrays.equals(seen, CaptureFormat.MAGIC)) {
      throw new CaptureException(
          file, 0, seen.length == 0 ? "the file is empty" : "this is no capture of samepage");
    }
    end = CaptureFormat.MAGIC.length;
  }

  /**
   * Reads the next section.
   *
   * @return its type
   */
  int next() throws IOException, CaptureException {
    start = end;
    fill(0, CaptureFormat.SECTION_HEAD, "a section");
    type = section.getInt(0);
    int length = section.getInt(Integer.BYTES);
    if (length < 0 || length > CaptureFormat.LARGEST_SECTION) {
      throw sectionFault(
          "section %s says it has %d bytes; none has more than %d"
              .formatted(
                  CaptureFormat.letters(type),
                  Integer.toUnsignedLong(length),
                  CaptureFormat.LARGEST_SECTION));
    }
    int whole = CaptureFormat.SECTION_HEAD + length + CaptureFormat.SECTION_TAIL;
    room(whole);
    fill(
        CaptureFormat.SECTION_HEAD,
        length + CaptureFormat.SECTION_TAIL,
        "section " + CaptureFormat.letters(type));
    crc.reset();
    crc.update(section.array(), 0, CaptureFormat.SECTION_HEAD + length);
    if ((int) crc.getValue() != section.getInt(CaptureFormat.SECTION_HEAD + length)) {
      throw sectionFault(
          "section %s is damaged: its checksum is another".formatted(CaptureFormat.letters(type)));
    }
    section.limit(CaptureFormat.SECTION_HEAD + length).position(CaptureFormat.SECTION_HEAD);
    end = start + whole;
    return type;
  }

  private void room(int bytes) {
    if (section.capacity() < bytes) {
      byte[] larger = Arrays.copyOf(section.array(), Math.max(bytes, 2 * section.capacity()));
      section = ByteBuffer.wrap(larger).order(ByteOrder.LITTLE_ENDIAN);
    }
    section.clear();
  }

  private void fill(int at, int length, String what) throws IOException, CaptureException {
    section.clear();
    int seen = in.readNBytes(section.array(), at, length);
    if (seen < length) {
      throw new CaptureException(
          file, start + at + seen, "the file ends here, in the middle of " + what);
    }
  }

  /** Refuses bytes behind the last section. */
  void demandEnd() throws IOException, CaptureException {
    if (in.read() >= 0) {
      throw new CaptureException(file, end, "there is more behind the last section");
    }
  }

  /** Refuses what a section has more than was read. */
  void demandRead() throws CaptureException {
    if (section.hasRemaining()) {
      throw fault(
          "%d more bytes in section %s"
              .formatted(section.remaining(), CaptureFormat.letters(type)));
    }
  }

  boolean hasMore() {
    return section.hasRemaining();
  }

  private void demand(long bytes) throws CaptureException {
    if (section.remaining() < bytes) {
      throw fault("section %s is too short".formatted(CaptureFormat.letters(type)));
    }
  }

  int u8() throws CaptureException {
    demand(1);
    return section.get() & 0xff;
  }

  long u64() throws CaptureException {
    demand(Long.BYTES);
    return section.getLong();
  }

  /** Of at most 63 bits. */
  long varint() throws CaptureException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE - 1; shift += VARINT_BITS) {
      int part = u8();
      value |= (part & 0x7fL) << shift;
      if (part < 0x80) {
        return value;
      }
    }
    throw fault("a number has no end");
  }

  /** A number up to a limit. */
  int small(int most, String what) throws CaptureException {
    long value = varint();
    if (value > most) {
      throw fault("%s is %,d, and at most %,d makes sense".formatted(what, value, most));
    }
    return (int) value;
  }

  String text() throws CaptureException {
    int length = small(CaptureFormat.LONGEST_NAME, "the length of a name");
    demand(length);
    String text = new String(section.array(), section.position(), length, StandardCharsets.UTF_8);
    section.position(section.position() + length);
    return text;
  }

  /**
   * Skips bytes, and says where they are.
   *
   * @return their offset in {@link #buffer}
   */
  long skip(long bytes) throws CaptureException {
    demand(bytes);
    int at = section.position();
    section.position((int) (at + bytes));
    return at;
  }

  MemorySegment buffer() {
    return MemorySegment.ofArray(section.array());
  }
}
