// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads /proc/PID/smaps. */
public final class Smaps {
  private static final Pattern HEADER =
      Pattern.compile("^([0-9a-f]+)-([0-9a-f]+) (\\S{4}) ([0-9a-f]+) .*");
  private static final String FLAGS = "VmFlags:";
  private static final String MERGEABLE = "mg";

  private Smaps() {}

  /**
   * One VMA.
   *
   * @param prefix range, permissions and offset as the file has them
   * @param flags of {@code VmFlags}
   */
  public record Vma(long start, long end, String prefix, Set<String> flags) {
    public boolean mergeable() {
      return flags.contains(MERGEABLE);
    }

    /** The bytes that this VMA and a range have in common. */
    long overlap(long from, long to) {
      return Math.max(0, Math.min(end, to) - Math.max(start, from));
    }
  }

  /** The VMAs of a process, in address order. */
  public static List<Vma> of(long pid) {
    return parse(ProcFiles.read(ProcFiles.of(pid, "smaps")));
  }

  static List<Vma> parse(String text) {
    List<Vma> vmas = new ArrayList<>();
    long start = 0;
    long end = 0;
    String prefix = "";
    for (String line : text.lines().toList()) {
      Matcher header = HEADER.matcher(line);
      if (header.matches()) {
        start = Long.parseUnsignedLong(header.group(1), 16);
        end = Long.parseUnsignedLong(header.group(2), 16);
        prefix = line.substring(0, header.end(4));
      } else if (line.startsWith(FLAGS)) {
        String flags = line.substring(FLAGS.length()).strip();
        vmas.add(new Vma(start, end, prefix, Set.of(flags.split("\\s+"))));
      }
    }
    return vmas;
  }

  /** Mergeable bytes of a process in a range. */
  public static long mergeableBytes(long pid, long from, long to) {
    return of(pid).stream().filter(Vma::mergeable).mapToLong(vma -> vma.overlap(from, to)).sum();
  }

  static boolean anyMergeable(long pid) {
    String text = ProcFiles.readIfThere(ProcFiles.of(pid, "smaps"));
    return text != null && parse(text).stream().anyMatch(Vma::mergeable);
  }
}
