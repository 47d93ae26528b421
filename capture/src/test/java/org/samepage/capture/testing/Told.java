// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.testing;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.samepage.capture.format.CaptureHeader;
import org.samepage.capture.format.CaptureVisitor;
import org.samepage.capture.format.CapturedProcess;
import org.samepage.capture.format.CapturedVma;
import org.samepage.capture.format.Losses;
import org.samepage.capture.format.PageBlock;
import org.samepage.capture.format.PageKind;
import org.samepage.mm.units.PageUnits;

/** What a capture tells, as lines; a line for each page. */
public final class Told implements CaptureVisitor {
  public final List<String> lines = new ArrayList<>();

  @Override
  public void header(CaptureHeader header) {
    lines.add(header.toString());
  }

  @Override
  public void snapshot(int index, long nanos) {
    lines.add("snapshot %d %d".formatted(index, nanos));
  }

  @Override
  public void process(CapturedProcess process) {
    lines.add(process.toString());
  }

  @Override
  public void vma(CapturedVma vma) {
    lines.add(
        "%x-%x %s %d %s"
            .formatted(
                vma.start(),
                vma.end(),
                vma.flags().stream().sorted().toList(),
                vma.pgoff(),
                vma.name()));
  }

  @Override
  public void pages(PageBlock block) {
    if (block.count > PageBlock.LARGEST) {
      lines.add("%x %d %s".formatted(block.address, block.count, block.kind));
      return;
    }
    for (int i = 0; i < block.count; i++) {
      StringBuilder line = new StringBuilder();
      line.append(Long.toHexString(block.address + PageUnits.pagesToBytes(i)))
          .append(' ')
          .append(block.kind)
          .append(block.huge ? " huge" : "");
      if (block.shared && block.kind.isAnonymous()) {
        line.append(" frame ").append(block.frames[i]);
      }
      if (block.kind == PageKind.CONTENT) {
        line.append(" %x %x".formatted(block.digests[2 * i], block.digests[2 * i + 1]));
        if (block.bytes != null) {
          byte[] page =
              block
                  .bytes
                  .asSlice(block.bytesAt + PageUnits.pagesToBytes(i), PageUnits.PAGE_SIZE)
                  .toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
          line.append(' ')
              .append(HexFormat.of().formatHex(page, 0, 8))
              .append(' ')
              .append(java.util.Arrays.hashCode(page));
        }
      }
      lines.add(line.toString());
    }
  }

  @Override
  public void processEnd(Losses losses) {
    lines.add(losses.toString());
  }
}
