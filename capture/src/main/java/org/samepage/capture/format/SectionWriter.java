// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** Puts one section together and writes it. */
final class SectionWriter {
  private final OutputStream out;
  private final ByteBuffer section =
      ByteBuffer.allocate(
              CaptureFormat.SECTION_HEAD
                  + CaptureFormat.LARGEST_SECTION
                  + CaptureFormat.SECTION_TAIL)
          .order(ByteOrder.LITTLE_ENDIAN);
  private final CRC32C crc = new CRC32C();
  private int type;

  SectionWriter(OutputStream out) {
    this.out = out;
  }

  SectionWriter begin(int newType) {
    type = newType;
    section.clear().position(CaptureFormat.SECTION_HEAD);
    return this;
  }

  /** Bytes so far. */
  int size() {
    return section.position() - CaptureFormat.SECTION_HEAD;
  }

  SectionWriter u8(int value) {
    section.put((byte) value);
    return this;
  }

  SectionWriter u64(long value) {
    section.putLong(value);
    return this;
  }

  /** Seven bits a byte, the low ones first; the highest bit says that more follow. */
  SectionWriter varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      section.put((byte) (rest | 0x80));
      rest >>>= 7;
    }
    section.put((byte) rest);
    return this;
  }

  SectionWriter text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(bytes.length, CaptureFormat.LONGEST_NAME);
    varint(length);
    section.put(bytes, 0, length);
    return this;
  }

  SectionWriter bytes(MemorySegment from, long offset, long length) {
    section.put(from.asSlice(offset, length).asByteBuffer());
    return this;
  }

  void end() throws IOException {
    int length = size();
    section.putInt(0, type).putInt(Integer.BYTES, length);
    crc.reset();
    crc.update(section.array(), 0, CaptureFormat.SECTION_HEAD + length);
    section.putInt((int) crc.getValue());
    out.write(section.array(), 0, section.position());
  }
}
