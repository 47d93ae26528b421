// SPDX-License-Identifier: GPL-2.0-only
package student;

import java.util.ArrayList;
import java.util.List;
import org.samepage.labs.task.EntryReader;

public final class MyEntryReader implements EntryReader {
  private static final long PFN_MASK = 0x000f_ffff_ffff_f000L;

  @Override
  public String read(long word) {
    if (word == 0) {
      return "none";
    }
    if ((word & 0x101) != 0) {
      return page(word);
    }
    int type = (int) (word >>> 59);
    long offset = ~word << 5 >>> 14;
    if (type == 31) {
      return marker(offset);
    }
    if (type >= 28) {
      String kind = List.of("read", "read-exclusive", "write").get(type - 28);
      return "migration %s pfn=0x%x".formatted(kind, offset & ((1L << 34) - 1));
    }
    return "swap type=%d offset=0x%x%s"
        .formatted(type, offset, (word & 8) != 0 ? " exclusive" : "");
  }

  private static String page(long word) {
    boolean present = (word & 1) != 0;
    long pfn = ((present ? word : ~word) & PFN_MASK) >>> 12;
    String text = "page pfn=0x%x".formatted(pfn);
    text += (word & 2) != 0 ? " write" : "";
    text += (word & (1L << 6 | 1L << 58)) != 0 ? " dirty" : "";
    text += (word & 1 << 5) != 0 ? " young" : "";
    text += (word & 1 << 10) != 0 ? " uffd-wp" : "";
    return text + (present ? "" : " no-access");
  }

  private static String marker(long offset) {
    List<String> said = new ArrayList<>();
    if ((offset & 1) != 0) {
      said.add("uffd-wp");
    }
    if ((offset & 2) != 0) {
      said.add("poisoned");
    }
    if ((offset & 4) != 0) {
      said.add("guard");
    }
    return "marker " + String.join("+", said);
  }
}
