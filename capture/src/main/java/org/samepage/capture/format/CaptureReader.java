// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.format;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.units.PageUnits;

/**
 * Reads a capture in one stream and hands it to a {@link CaptureVisitor}, having checked everything
 * that it hands over.
 */
public final class CaptureReader {
  private static final int BUFFER = 1 << 16;
  private static final VmaFlag[] FLAGS = VmaFlag.values();
  private static final PageKind[] KINDS = PageKind.values();

  private final SectionReader in;
  private final CaptureVisitor visitor;
  private final Tally tally = new Tally();
  private final PageBlock block = new PageBlock();
  private Contents contents = Contents.HASH;
  private @Nullable CapturedProcess process;
  private @Nullable CapturedVma vma;
  private long leastAddress;
  private long lastNanos;

  private CaptureReader(SectionReader in, CaptureVisitor visitor) {
    this.in = in;
    this.visitor = visitor;
  }

  /**
   * Reads a file.
   *
   * @throws CaptureException where it is no capture, of a newer version, cut short or damaged; what
   *     the visitor has got until then holds
   */
  public static void read(Path file, CaptureVisitor visitor) throws IOException, CaptureException {
    try (InputStream stream = new BufferedInputStream(Files.newInputStream(file), BUFFER)) {
      read(file.toString(), stream, visitor);
    }
  }

  /**
   * Reads a stream.
   *
   * @param name of the file, for errors
   */
  public static void read(String name, InputStream stream, CaptureVisitor visitor)
      throws IOException, CaptureException {
    new CaptureReader(new SectionReader(name, stream), visitor).all();
  }

  private void all() throws IOException, CaptureException {
    in.magic();
    header();
    int type = in.next();
    while (type != CaptureFormat.TAIL) {
      section(type);
      in.demandRead();
      tally.sections++;
      type = in.next();
    }
    if (process != null || tally.snapshots == 0) {
      throw in.sectionFault(
          process == null ? "there is no snapshot" : "a process has no last section");
    }
    tail();
  }

  private void header() throws IOException, CaptureException {
    if (in.next() != CaptureFormat.HEAD) {
      throw in.sectionFault("the first section is not HEAD");
    }
    long version = in.varint();
    if (version > CaptureFormat.VERSION) {
      throw in.fault(
          "the file has version %d of the format; this program reads up to %d"
              .formatted(version, CaptureFormat.VERSION));
    }
    if (version < 1) {
      throw in.fault("there is no version 0 of the format");
    }
    int shift = in.u8();
    if (shift != CaptureFormat.PAGE_SHIFT_STORED) {
      throw in.fault("pages of 2^%d bytes; this program knows those of 4096".formatted(shift));
    }
    contents = one(Contents.values(), "what a page holds");
    CaptureHeader header =
        new CaptureHeader(
            contents,
            one(CaptureHeader.Origin.values(), "the origin"),
            in.u8() != 0,
            in.u64(),
            in.varint(),
            in.text());
    in.demandRead();
    tally.sections++;
    visitor.header(header);
  }

  private <E> E one(E[] all, String what) throws CaptureException {
    int number = in.u8();
    if (number >= all.length) {
      throw in.fault("%s: %d stands for nothing".formatted(what, number));
    }
    return all[number];
  }

  private void section(int type) throws IOException, CaptureException {
    if (type == CaptureFormat.SNAP) {
      snapshot();
    } else if (type == CaptureFormat.PROC) {
      process();
    } else if (type == CaptureFormat.VMA) {
      vma();
    } else if (type == CaptureFormat.PAGE) {
      pages();
    } else if (type == CaptureFormat.PEND) {
      processEnd();
    } else {
      throw in.sectionFault("a section %s is not known".formatted(CaptureFormat.letters(type)));
    }
  }

  private void snapshot() throws IOException, CaptureException {
    if (process != null) {
      throw in.sectionFault("a snapshot begins in the middle of a process");
    }
    int index = in.small(Integer.MAX_VALUE, "a snapshot's number");
    if (index != tally.snapshots) {
      throw in.sectionFault("snapshot %d comes after %d others".formatted(index, tally.snapshots));
    }
    long nanos = in.varint();
    if (nanos < lastNanos) {
      throw in.fault("a snapshot is older than the one before");
    }
    lastNanos = nanos;
    tally.snapshots++;
    visitor.snapshot(index, nanos);
  }

  private void process() throws IOException, CaptureException {
    if (process != null || tally.snapshots == 0) {
      throw in.sectionFault("a process begins where none can");
    }
    process =
        new CapturedProcess(
            in.small(Integer.MAX_VALUE, "a process id"),
            in.small(Integer.MAX_VALUE, "a parent's process id"),
            (int) uid(),
            in.text());
    tally.processes++;
    vma = null;
    leastAddress = 0;
    visitor.process(process);
  }

  private long uid() throws CaptureException {
    long uid = in.varint();
    if (uid != (uid & 0xffff_ffffL)) {
      throw in.fault("a user id is " + uid);
    }
    return uid;
  }

  private void vma() throws IOException, CaptureException {
    if (process == null) {
      throw in.sectionFault("a mapping of no process");
    }
    long last = PageUnits.bytesToPages(PageUnits.TASK_SIZE);
    long first = in.varint();
    long pages = in.varint();
    if (first > last || pages > last - first || pages == 0) {
      throw in.fault("a mapping has addresses that no user has");
    }
    long start = PageUnits.pagesToBytes(first);
    long behindLast = vma == null ? 0 : vma.end();
    if (start < behindLast) {
      throw in.fault("mappings overlap, or are out of order, at %#x".formatted(start));
    }
    vma =
        new CapturedVma(
            start, PageUnits.pagesToBytes(first + pages), flags(), in.varint(), in.text());
    leastAddress = start;
    tally.vmas++;
    visitor.vma(vma);
  }

  private Set<VmaFlag> flags() throws CaptureException {
    long bits = in.varint();
    if (bits >>> FLAGS.length != 0) {
      throw in.fault("a mapping has flags that are not known");
    }
    Set<VmaFlag> flags = EnumSet.noneOf(VmaFlag.class);
    for (VmaFlag flag : FLAGS) {
      if ((bits >>> Codes.of(flag) & 1) != 0) {
        flags.add(flag);
      }
    }
    return flags;
  }

  private void pages() throws IOException, CaptureException {
    CapturedVma current = vma;
    if (current == null) {
      throw in.sectionFault("pages of no mapping");
    }
    long page = in.varint();
    long end = PageUnits.bytesToPages(current.end());
    if (page < PageUnits.bytesToPages(leastAddress) || page >= end) {
      throw in.fault("pages outside of their mapping, or out of order");
    }
    while (in.hasMore()) {
      long what = in.varint();
      int kind = (int) (what & CaptureFormat.KIND_MASK);
      if (kind >= KINDS.length || (what & ~CaptureFormat.RUN_BITS) != 0) {
        throw in.fault("pages of a kind %d, which is none".formatted(what));
      }
      long count = in.varint();
      if (count == 0 || count > end - page) {
        throw in.fault("%,d pages, where the mapping has %,d more".formatted(count, end - page));
      }
      block.address = PageUnits.pagesToBytes(page);
      block.kind = KINDS[kind];
      block.huge = (what & CaptureFormat.HUGE) != 0;
      block.shared = (what & CaptureFormat.SHARED) != 0;
      run(count);
      page += count;
    }
    leastAddress = PageUnits.pagesToBytes(page);
  }

  private void run(long count) throws IOException, CaptureException {
    boolean listed = block.kind == PageKind.CONTENT || (block.shared && block.kind.isAnonymous());
    if (listed && count > PageBlock.LARGEST) {
      throw in.fault(
          "%,d pages in one run, which has at most %d".formatted(count, PageBlock.LARGEST));
    }
    if (block.kind.isAnonymous()) {
      tally.anonymous += count;
      contentsOf((int) Math.min(count, PageBlock.LARGEST));
    }
    block.count = count;
    if (block.kind != PageKind.ABSENT) {
      visitor.pages(block);
    }
  }

  private void contentsOf(int count) throws CaptureException {
    if (block.shared) {
      for (int i = 0; i < count; i++) {
        block.frames[i] = in.u64();
      }
    }
    if (block.kind == PageKind.CONTENT) {
      for (int i = 0; i < 2 * count; i++) {
        block.digests[i] = in.u64();
      }
      if (contents == Contents.FULL) {
        block.bytesAt = in.skip(PageUnits.pagesToBytes(count));
        block.bytes = in.buffer();
      }
    }
  }

  private void processEnd() throws IOException, CaptureException {
    if (process == null) {
      throw in.sectionFault("a process ends that has not begun");
    }
    Losses losses =
        new Losses(
            in.varint(), in.varint(), in.varint(), one(Losses.State.values(), "a process's end"));
    process = null;
    vma = null;
    visitor.processEnd(losses);
  }

  private void tail() throws IOException, CaptureException {
    tallied(tally.sections, "sections");
    tallied(tally.snapshots, "snapshots");
    tallied(tally.processes, "processes");
    tallied(tally.vmas, "mappings");
    tallied(tally.anonymous, "anonymous pages");
    in.demandRead();
    in.demandEnd();
  }

  private void tallied(long seen, String what) throws CaptureException {
    long said = in.varint();
    if (said != seen) {
      throw in.sectionFault("%,d %s are missing or too many".formatted(said - seen, what));
    }
  }
}
