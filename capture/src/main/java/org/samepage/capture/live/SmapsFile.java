// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.live;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.samepage.capture.format.CapturedVma;
import org.samepage.capture.format.VmaFlag;
import org.samepage.mm.units.PageUnits;

/** Reads /proc/PID/smaps. */
final class SmapsFile {
  private static final Pattern HEADER =
      Pattern.compile("([0-9a-f]+)-([0-9a-f]+) \\S{4} ([0-9a-f]+) \\S+ \\d+ *(.*)");
  private static final String FLAGS = "VmFlags:";
  private static final String RESIDENT = "Rss:";
  private static final String HUGE = "AnonHugePages:";
  private static final String SWAPPED = "Swap:";

  private final List<LiveVma> vmas = new ArrayList<>();
  private long start;
  private long end;
  private long pgoff;
  private String name = "";
  private long residentKib;
  private long swappedKib;
  private long hugeKib;

  private SmapsFile() {}

  /** The mappings below the end of user space, in rising order. */
  static List<LiveVma> parse(BufferedReader lines) throws IOException {
    SmapsFile file = new SmapsFile();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      file.line(line);
    }
    return file.vmas;
  }

  private void line(String line) {
    if (line.startsWith(FLAGS)) {
      end(flags(line.substring(FLAGS.length())));
    } else if (line.startsWith(RESIDENT)) {
      residentKib = kib(line, RESIDENT);
    } else if (line.startsWith(HUGE)) {
      hugeKib = kib(line, HUGE);
    } else if (line.startsWith(SWAPPED)) {
      swappedKib = kib(line, SWAPPED);
    } else {
      Matcher header = HEADER.matcher(line);
      if (header.matches()) {
        start = Long.parseUnsignedLong(header.group(1), 16);
        end = Long.parseUnsignedLong(header.group(2), 16);
        pgoff = PageUnits.bytesToPages(Long.parseUnsignedLong(header.group(3), 16));
        name = header.group(4);
      }
    }
  }

  private static long kib(String line, String key) {
    return Long.parseLong(line.substring(key.length()).replace("kB", "").strip());
  }

  private static Set<VmaFlag> flags(String letters) {
    Set<VmaFlag> flags = EnumSet.noneOf(VmaFlag.class);
    for (String pair : letters.strip().split(" ")) {
      VmaFlag flag = VmaFlag.ofLetters(pair);
      if (flag != null) {
        flags.add(flag);
      }
    }
    return flags;
  }

  /** The flags are the last line of a mapping. */
  private void end(Set<VmaFlag> flags) {
    // the kernel's own vsyscall page lies above
    if (Long.compareUnsigned(end, PageUnits.TASK_SIZE) <= 0) {
      vmas.add(
          new LiveVma(
              new CapturedVma(start, end, flags, pgoff, name), residentKib, swappedKib, hugeKib));
    }
  }
}
