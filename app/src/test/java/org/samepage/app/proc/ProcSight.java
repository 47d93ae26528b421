// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.proc;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.samepage.machine.proc.KpageFiles;
import org.samepage.machine.proc.PagemapFile;
import org.samepage.scenario.backend.BackendProcess;

/**
 * What /proc says of processes, as lines that are equal where the kernels are. Left out is what is
 * not the scenario's: mappings outside its arena, and their part of the sums of {@code status}.
 * Frames are numbered in the order in which they are met.
 */
final class ProcSight {
  private static final long ARENA_START = 0x1000_0000_0000L;
  private static final long ARENA_END = 0x7000_0000_0000L;
  private static final int PAGE = 4096;
  private static final Pattern HEADER =
      Pattern.compile("^([0-9a-f]+)-([0-9a-f]+) (\\S{4}) ([0-9a-f]+) ");

  /**
   * The kernel's LRU lists, and what it does with them, are not ported: LRU, ACTIVE, REFERENCED,
   * UNEVICTABLE, MLOCKED, IDLE.
   */
  private static final long FLAGS_NOT_COMPARED =
      1L << 5 | KpageFiles.KPF_ACTIVE | KpageFiles.KPF_REFERENCED | 1L << 18 | 1L << 25 | 1L << 33;

  private final ProcReader proc;
  private final Map<String, Long> tablesAtStart = new HashMap<>();
  private final Map<Long, Integer> frames = new HashMap<>();
  private final List<String> lines = new ArrayList<>();

  ProcSight(ProcReader proc) {
    this.proc = proc;
  }

  private record Vma(long start, long end, List<String> lines) {
    boolean ours() {
      return start >= ARENA_START && start < ARENA_END;
    }

    /** A figure of smaps [kB]. */
    long figure(String name) {
      return lines.stream()
          .filter(line -> line.startsWith(name + ":"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
          .findFirst()
          .orElseThrow();
    }

    boolean has(String flag) {
      return lines.getLast().contains(" " + flag + " ");
    }
  }

  /** What is to be seen of some processes now. */
  List<String> look(Map<String, BackendProcess> processes) {
    lines.clear();
    frames.clear();
    new TreeMap<>(processes).forEach(this::look);
    return List.copyOf(lines);
  }

  private void look(String name, BackendProcess process) {
    String folder = "/proc/" + process.pid() + "/";
    List<Vma> vmas = vmas(proc.text(folder + "smaps"));
    status(name, folder, vmas);
    for (String line : proc.text(folder + "ksm_stat").lines().toList()) {
      lines.add(name + " " + line);
    }
    lines.add(name + " ksm_merging_pages: " + proc.text(folder + "ksm_merging_pages").strip());
    for (Vma vma : vmas) {
      if (vma.ours()) {
        vma.lines.forEach(line -> lines.add(name + " " + line));
        pages(name, folder, vma);
      }
    }
  }

  private static List<Vma> vmas(String smaps) {
    List<Vma> vmas = new ArrayList<>();
    for (String line : smaps.lines().toList()) {
      Matcher header = HEADER.matcher(line);
      if (header.find()) {
        long start = Long.parseUnsignedLong(header.group(1), 16);
        long end = Long.parseUnsignedLong(header.group(2), 16);
        vmas.add(new Vma(start, end, new ArrayList<>(List.of(header.group()))));
      } else if (!line.startsWith("ProtectionKey:")) { // where the processor has them
        vmas.getLast().lines.add(line);
      }
    }
    return vmas;
  }

  /** The sums of status, less what the mappings outside the arena contribute. */
  private void status(String name, String folder, List<Vma> vmas) {
    Map<String, Long> status = new HashMap<>();
    for (String line : proc.text(folder + "status").lines().toList()) {
      if (line.endsWith(" kB")) {
        String[] words = line.split(":\\s+| kB");
        status.put(words[0], Long.parseLong(words[1]));
      }
    }
    for (Vma vma : vmas) {
      boolean vsyscall = vma.start < 0; // shown, and belongs to nobody
      if (!vma.ours() && !vsyscall) {
        long anonymous = vma.figure("Anonymous");
        less(status, "VmSize", vma.figure("Size"));
        less(status, "RssAnon", anonymous);
        less(status, "VmRSS", vma.figure("Rss"));
        boolean shmem = vma.has("sh");
        less(status, shmem ? "RssShmem" : "RssFile", vma.figure("Rss") - anonymous);
        less(status, "VmLck", vma.has("lo") ? vma.figure("Size") : 0);
        less(status, "VmData", data(vma) ? vma.figure("Size") : 0);
        boolean code = vma.has("ex") && !vma.has("wr");
        less(status, "VmLib", code ? vma.figure("Size") : 0);
      }
    }
    status.merge("VmLib", status.get("VmExe"), Long::sum);
    for (String key :
        List.of("VmLck", "VmPin", "RssAnon", "RssShmem", "VmData", "VmLib", "VmSwap")) {
      lines.add("%s %s %s".formatted(name, key, status.get(key)));
    }
    if (!tablesAtStart.isEmpty() && !tablesAtStart.containsKey(name)) {
      return; // a child has not got all tables of the parent's helper
    }
    Long tables = tablesAtStart.putIfAbsent(name, status.get("VmPTE"));
    lines.add(name + " VmPTE +" + (tables == null ? 0 : status.get("VmPTE") - tables));
  }

  private static boolean data(Vma vma) {
    return vma.has("wr") && !vma.has("sh") && !vma.has("gd");
  }

  private static void less(Map<String, Long> status, String key, long kilobytes) {
    status.merge(key, -kilobytes, Long::sum);
  }

  private void pages(String name, String folder, Vma vma) {
    int count = (int) ((vma.end - vma.start) / PAGE);
    long[] words = proc.words(folder + "pagemap", vma.start / PAGE, count);
    for (int i = 0; i < count; i++) {
      if (words[i] != 0) {
        lines.add("%s %x: %s".formatted(name, vma.start + (long) i * PAGE, page(words[i])));
      }
    }
  }

  private String page(long word) {
    if ((word & PagemapFile.PM_PRESENT) == 0) {
      return "%x".formatted(word);
    }
    long pfn = word & PagemapFile.PM_PFRAME_MASK;
    int frame = frames.computeIfAbsent(pfn, _ -> frames.size());
    long flags = proc.words("/proc/kpageflags", pfn, 1)[0] & ~FLAGS_NOT_COMPARED;
    return "%x frame %d count %d flags %x"
        .formatted(
            word & ~PagemapFile.PM_PFRAME_MASK,
            frame,
            proc.words("/proc/kpagecount", pfn, 1)[0],
            flags);
  }
}
