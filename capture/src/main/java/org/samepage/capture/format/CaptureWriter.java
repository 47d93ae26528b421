// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

import java.io.IOException;
import java.io.OutputStream;
import org.samepage.mm.units.PageUnits;

/** Writes a capture to a stream, section by section; {@link #finish} ends it. */
public final class CaptureWriter implements CaptureVisitor {
  private final OutputStream out;
  private final SectionWriter section;
  private final Tally tally = new Tally();
  private Contents contents = Contents.HASH;
  private boolean inPages;
  private long nextAddress;

  /**
   * A writer.
   *
   * @param out written to in large pieces; not closed
   */
  public CaptureWriter(OutputStream out) {
    this.out = out;
    this.section = new SectionWriter(out);
  }

  @Override
  public void header(CaptureHeader header) throws IOException {
    contents = header.contents();
    out.write(CaptureFormat.MAGIC);
    section
        .begin(CaptureFormat.HEAD)
        .varint(CaptureFormat.VERSION)
        .u8(CaptureFormat.PAGE_SHIFT_STORED)
        .u8(Codes.of(header.contents()))
        .u8(Codes.of(header.origin()))
        .u8(header.frameNumbers() ? 1 : 0)
        .u64(header.keyFingerprint())
        .varint(header.epochMillis())
        .text(header.system());
    end();
  }

  private void end() throws IOException {
    section.end();
    tally.sections++;
  }

  @Override
  public void snapshot(int index, long nanos) throws IOException {
    tally.snapshots++;
    section.begin(CaptureFormat.SNAP).varint(index).varint(nanos);
    end();
  }

  @Override
  public void process(CapturedProcess process) throws IOException {
    tally.processes++;
    section
        .begin(CaptureFormat.PROC)
        .varint(process.pid())
        .varint(process.ppid())
        .varint(Integer.toUnsignedLong(process.uid()))
        .text(process.name());
    end();
  }

  @Override
  public void vma(CapturedVma vma) throws IOException {
    endPages();
    tally.vmas++;
    long flags = 0;
    for (VmaFlag flag : vma.flags()) {
      flags |= 1L << Codes.of(flag);
    }
    section
        .begin(CaptureFormat.VMA)
        .varint(PageUnits.bytesToPages(vma.start()))
        .varint(vma.pages())
        .varint(flags)
        .varint(vma.pgoff())
        .text(vma.name());
    end();
  }

  @Override
  public void pages(PageBlock block) throws IOException {
    if (block.kind == PageKind.ABSENT) {
      return;
    }
    if (inPages && section.size() >= CaptureFormat.FULL_ENOUGH) {
      endPages();
    }
    if (!inPages) {
      section.begin(CaptureFormat.PAGE).varint(PageUnits.bytesToPages(block.address));
      nextAddress = block.address;
      inPages = true;
    }
    if (block.address != nextAddress) {
      run(Codes.of(PageKind.ABSENT), PageUnits.bytesToPages(block.address - nextAddress));
    }
    int flags = (block.huge ? CaptureFormat.HUGE : 0) | (block.shared ? CaptureFormat.SHARED : 0);
    run(Codes.of(block.kind) | flags, block.count);
    if (block.kind.isAnonymous()) {
      tally.anonymous += block.count;
      contentsOf(block);
    }
    nextAddress = block.address + PageUnits.pagesToBytes(block.count);
  }

  private void run(int kindAndFlags, long count) {
    section.varint(kindAndFlags).varint(count);
  }

  private void contentsOf(PageBlock block) {
    if (block.shared) {
      for (int i = 0; i < block.count; i++) {
        section.u64(block.frames[i]);
      }
    }
    if (block.kind == PageKind.CONTENT) {
      for (int i = 0; i < 2 * block.count; i++) {
        section.u64(block.digests[i]);
      }
      if (contents == Contents.FULL && block.bytes != null) {
        section.bytes(block.bytes, block.bytesAt, PageUnits.pagesToBytes(block.count));
      }
    }
  }

  private void endPages() throws IOException {
    if (inPages) {
      inPages = false;
      end();
    }
  }

  @Override
  public void processEnd(Losses losses) throws IOException {
    endPages();
    section
        .begin(CaptureFormat.PEND)
        .varint(losses.unreadable())
        .varint(losses.swapped())
        .varint(losses.unshared())
        .u8(Codes.of(losses.state()));
    end();
  }

  /** Writes the last section, without which a capture is not whole. */
  public void finish() throws IOException {
    section
        .begin(CaptureFormat.TAIL)
        .varint(tally.sections)
        .varint(tally.snapshots)
        .varint(tally.processes)
        .varint(tally.vmas)
        .varint(tally.anonymous)
        .end();
    out.flush();
  }
}
