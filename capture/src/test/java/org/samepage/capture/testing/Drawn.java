// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.samepage.capture.format.CaptureHeader;
import org.samepage.capture.format.CaptureWriter;
import org.samepage.capture.format.CapturedProcess;
import org.samepage.capture.format.CapturedVma;
import org.samepage.capture.format.Contents;
import org.samepage.capture.format.Losses;
import org.samepage.capture.format.PageBlock;
import org.samepage.capture.format.PageKind;
import org.samepage.capture.format.VmaFlag;
import org.samepage.mm.units.PageUnits;

/** A capture put together by hand: processes with one mapping each, pages by number of content. */
public final class Drawn {
  public static final long BASE = 0x10000000L;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final CaptureWriter writer = new CaptureWriter(bytes);
  private final PageBlock block = new PageBlock();
  private int snapshots;

  public Drawn() {
    tell(() ->
        writer.header(
            new CaptureHeader(Contents.HASH, CaptureHeader.Origin.LIVE, true, 1, 0, "Linux")));
  }

  /** What throws as writers do. */
  private interface Telling {
    void run() throws IOException;
  }

  private static void tell(Telling telling) {
    try {
      telling.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Drawn snapshot(long seconds) {
    tell(() -> writer.snapshot(snapshots++, seconds * 1_000_000_000));
    return this;
  }

  /** A process of user 1 with private memory. */
  public Drawn process(int pid, int ppid, long[] contents) {
    return process(new CapturedProcess(pid, ppid, 1, "p" + pid), contents, new long[0]);
  }

  /**
   * A process.
   *
   * @param contents of each page: a number, 0 for zeros, -1 for nothing
   * @param frames of each page, where others have it too; 0 where not
   */
  public Drawn process(CapturedProcess process, long[] contents, long[] frames) {
    tell(() -> {
      writer.process(process);
      writer.vma(
          new CapturedVma(
              BASE,
              BASE + PageUnits.pagesToBytes(contents.length),
              Set.of(VmaFlag.READ, VmaFlag.WRITE),
              0,
              "[heap]"));
      for (int i = 0; i < contents.length; i++) {
        if (contents[i] >= 0) {
          block.address = BASE + PageUnits.pagesToBytes(i);
          block.count = 1;
          block.kind = contents[i] == 0 ? PageKind.ZEROS : PageKind.CONTENT;
          block.shared = i < frames.length && frames[i] != 0;
          block.frames[0] = block.shared ? frames[i] : 0;
          block.digests[0] = contents[i] * 0x9e3779b97f4a7c15L;
          block.digests[1] = contents[i];
          writer.pages(block);
        }
      }
      writer.processEnd(new Losses(0, 0, 0, Losses.State.WHOLE));
    });
    return this;
  }

  public Path file(Path folder) throws IOException {
    writer.finish();
    return Files.write(folder.resolve("drawn.capture"), bytes.toByteArray());
  }

  /** So many pages of one content. */
  public static long[] same(int pages, long content) {
    long[] all = new long[pages];
    java.util.Arrays.fill(all, content);
    return all;
  }

  /** Pages of contents that follow one another. */
  public static long[] distinct(int pages, long first) {
    long[] all = new long[pages];
    java.util.Arrays.setAll(all, i -> first + i);
    return all;
  }
}
