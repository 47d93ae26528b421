// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.samepage.capture.format.CaptureHeader;
import org.samepage.capture.format.CaptureVisitor;
import org.samepage.capture.format.CaptureWriter;
import org.samepage.capture.format.CapturedProcess;
import org.samepage.capture.format.CapturedVma;
import org.samepage.capture.format.Contents;
import org.samepage.capture.format.Losses;
import org.samepage.capture.format.PageBlock;
import org.samepage.capture.format.PageKind;
import org.samepage.capture.format.VmaFlag;
import org.samepage.mm.units.PageUnits;

/** Captures of processes that never were, by a seed. */
public final class MadeUp {
  private final Random random;
  private final Contents contents;

  public MadeUp(long seed, Contents contents) {
    this.random = new Random(seed);
    this.contents = contents;
  }

  /** A file with one made-up capture, of some 100 pages. */
  public static byte[] file(long seed, Contents contents) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CaptureWriter writer = new CaptureWriter(out);
    try {
      new MadeUp(seed, contents).tell(writer);
      writer.finish();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  public void tell(CaptureVisitor visitor) throws IOException {
    visitor.header(
        new CaptureHeader(
            contents, CaptureHeader.Origin.LIVE, random.nextBoolean(), random.nextLong(), 42, "é"));
    int snapshots = 1 + random.nextInt(2);
    for (int i = 0; i < snapshots; i++) {
      visitor.snapshot(i, i * 1_000_000_000L);
      for (int pid = 1; pid <= 2; pid++) {
        visitor.process(new CapturedProcess(pid, pid - 1, -random.nextInt(3), "process " + pid));
        long at = 0x10000;
        for (int vma = 0; vma < 3; vma++) {
          at = mapping(visitor, at);
        }
        visitor.processEnd(new Losses(random.nextInt(9), 0, 1, any(Losses.State.values())));
      }
    }
  }

  private long mapping(CaptureVisitor visitor, long from) throws IOException {
    long start = from + PageUnits.pagesToBytes(random.nextInt(3));
    long end = start + PageUnits.pagesToBytes(1 + random.nextInt(40));
    Set<VmaFlag> flags = EnumSet.noneOf(VmaFlag.class);
    for (VmaFlag flag : VmaFlag.values()) {
      if (random.nextInt(4) == 0) {
        flags.add(flag);
      }
    }
    visitor.vma(new CapturedVma(start, end, flags, random.nextInt(1 << 20), "name"));
    PageBlock block = new PageBlock();
    for (block.address = start; block.address < end; ) {
      long left = PageUnits.bytesToPages(end - block.address);
      block.count = 1L + random.nextInt((int) Math.min(left, 8));
      block.kind = any(PageKind.values());
      block.huge = random.nextInt(5) == 0;
      block.shared = block.kind.isAnonymous() && random.nextInt(3) == 0;
      byte[] bytes = new byte[(int) PageUnits.pagesToBytes(block.count)];
      random.nextBytes(bytes);
      block.bytes = contents == Contents.FULL ? MemorySegment.ofArray(bytes) : null;
      for (int i = 0; i < block.count; i++) {
        block.frames[i] = random.nextInt(5);
        block.digests[2 * i] = random.nextLong();
        block.digests[2 * i + 1] = random.nextLong();
      }
      if (block.kind != PageKind.ABSENT) {
        visitor.pages(block);
      }
      block.address += PageUnits.pagesToBytes(block.count);
    }
    return end;
  }

  private <E> E any(E[] choices) {
    return choices[random.nextInt(choices.length)];
  }
}
