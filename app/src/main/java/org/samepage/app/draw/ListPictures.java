// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.draw;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** Draws what a process has by address: a box for each VMA, or for each run of alike items. */
final class ListPictures {
  private static final int PADDING = 8;
  private static final int GAP = 14;
  private static final int WIDTH = 430;
  private static final int MOST_BOXES = 40;

  private final Svg svg;

  ListPictures(Svg svg) {
    this.svg = svg;
  }

  /** The VMAs, and how far it is from one to the next. */
  void vmas(String caption, Mm mm) {
    svg.text(0, Svg.LINE, caption, "caption");
    long end = 0;
    for (int i = 0; i < mm.vmas.size(); i++) {
      VmArea vma = mm.vmas.get(i);
      if (i == MOST_BOXES) {
        note("… " + (mm.vmas.size() - i) + " more");
        return;
      }
      if (end != 0 && vma.vmStart != end) {
        note("a hole of " + pages((vma.vmStart - end) >>> PageUnits.PAGE_SHIFT));
      }
      end = vma.vmEnd;
      box(
          vma.has(VmFlags.VM_MERGEABLE) ? "shared" : "head",
          List.of(
              "0x%x-0x%x, %s".formatted(vma.vmStart, vma.vmEnd, pages(vma.vmaPages())), says(vma)));
    }
    if (end == 0) {
      note("none");
    }
  }

  private static String pages(long count) {
    return count == 1 ? "1 page" : "%,d pages".formatted(count);
  }

  private static String says(VmArea vma) {
    StringBuilder text = new StringBuilder();
    text.append(vma.has(VmFlags.VM_READ) ? 'r' : '-');
    text.append(vma.has(VmFlags.VM_WRITE) ? 'w' : '-');
    text.append(vma.has(VmFlags.VM_EXEC) ? 'x' : '-');
    text.append(vma.has(VmFlags.VM_SHARED) ? " shared" : " private");
    text.append(", offset 0x%x".formatted(vma.vmPgoff));
    text.append(vma.anonVma == null ? ", no anon_vma" : ", anon_vma " + vma.anonVma.id);
    text.append(vma.has(VmFlags.VM_MERGEABLE) ? ", mergeable" : "");
    return text.toString();
  }

  /** Items from first to last address that say the same. */
  private record Run(long first, long last, int pages, String kind, String says) {
    String where() {
      return pages == 1
          ? "page 0x%x".formatted(first)
          : "pages 0x%x to 0x%x (%,d)".formatted(first, last, pages);
    }
  }

  /** What ksmd remembers of a process's pages, by address. */
  void items(String caption, @Nullable KsmRmapItem head) {
    svg.text(0, Svg.LINE, caption, "caption");
    List<Run> runs = new ArrayList<>();
    for (KsmRmapItem item = head; item != null; item = item.rmapList()) {
      String kind = item.isStable() ? "shared" : item.isUnstable() ? "head" : "black";
      String says =
          "%s, age %d, %s"
              .formatted(
                  item.isStable()
                      ? "merged"
                      : item.isUnstable() ? "in the unstable tree" : "in no tree",
                  item.age(),
                  skips(item.remainingSkips()));
      Run last = runs.isEmpty() ? null : runs.getLast();
      if (last != null
          && last.says.equals(says)
          && last.last + PageUnits.PAGE_SIZE == item.pageAddress()) {
        runs.set(
            runs.size() - 1, new Run(last.first, item.pageAddress(), last.pages + 1, kind, says));
      } else {
        runs.add(new Run(item.pageAddress(), item.pageAddress(), 1, kind, says));
      }
    }
    for (int i = 0; i < runs.size(); i++) {
      if (i == MOST_BOXES) {
        note("… " + (runs.size() - i) + " more");
        return;
      }
      box(runs.get(i).kind, List.of(runs.get(i).where(), runs.get(i).says));
    }
    if (runs.isEmpty()) {
      note("none");
    }
  }

  private static String skips(int passes) {
    return switch (passes) {
      case 0 -> "looked at in the next pass";
      case 1 -> "passed over once more";
      default -> "passed over " + passes + " times more";
    };
  }

  private void note(String text) {
    svg.text(PADDING, svg.bottom() + GAP + PADDING, text, "label");
  }

  private void box(String kind, List<String> lines) {
    int y = svg.bottom() + GAP;
    svg.box(0, y, WIDTH, lines.size() * Svg.LINE + PADDING, kind);
    for (int i = 0; i < lines.size(); i++) {
      svg.text(PADDING, y + (i + 1) * Svg.LINE, lines.get(i), "label");
    }
  }
}
