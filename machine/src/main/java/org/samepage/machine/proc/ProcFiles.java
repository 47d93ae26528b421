// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.proc;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.control.KsmSysfs;
import org.samepage.machine.thp.ThpPolicy;
import org.samepage.mm.memory.NormalPage;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.vma.Mm;
import org.samepage.pagewalk.PageWalk;

/** The files of /proc that there are: text by name, words each with a class of its own. */
public final class ProcFiles {
  /** The name of {@link #pagemap}. */
  public static final String PAGEMAP = "pagemap";

  private static final Set<String> TEXTS =
      Set.of("maps", "smaps", "status", "ksm_stat", "ksm_merging_pages");

  private final ProcSmaps smaps;
  private final ProcKsm ksm;
  private final PagemapFile pagemap;
  private final PagemapScan pagemapScan;
  private final KpageFiles kpages;
  private final SwapDevice swap;

  public ProcFiles(
      Folios folios,
      PageAllocator allocator,
      NormalPage normalPage,
      PageWalk pageWalk,
      KsmSysfs ksm,
      SwapDevice swap,
      ThpPolicy thp) {
    this.smaps = new ProcSmaps(folios, normalPage, pageWalk, swap, thp);
    this.ksm = new ProcKsm(ksm);
    this.pagemap = new PagemapFile(folios, normalPage, pageWalk);
    this.pagemapScan = new PagemapScan(folios, normalPage, pageWalk);
    this.kpages = new KpageFiles(folios, allocator);
    this.swap = swap;
  }

  /** The words of address spaces. */
  public PagemapFile pagemap() {
    return pagemap;
  }

  /** The ioctl of {@code pagemap}. */
  public PagemapScan pagemapScan() {
    return pagemapScan;
  }

  /** The words of frames. */
  public KpageFiles kpages() {
    return kpages;
  }

  /** The text of {@code /proc/swaps}. */
  public String swaps() {
    SeqFile m = new SeqFile();
    ProcSwaps.swapShow(m, swap);
    return m.toString();
  }

  /** Whether there is a file of this name in the directory of a process. */
  public static boolean exists(String name) {
    return name.equals(PAGEMAP) || TEXTS.contains(name);
  }

  /**
   * A text file of a process.
   *
   * @param mm which the caller keeps from its exit
   * @return the whole file; null where there is no text file of this name
   */
  @PortedFrom(
      value = "fs/proc/base.c:tgid_base_stuff",
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "the files that tell of memory management")
  public @Nullable String text(String name, int pid, Mm mm) {
    SeqFile m = new SeqFile();
    switch (name) {
      case "maps" -> ProcMaps.showMap(m, mm);
      case "smaps" -> smaps.showSmap(m, mm);
      case "status" -> ProcStatus.procPidStatus(m, pid, mm);
      case "ksm_stat" -> ksm.procPidKsmStat(m, mm);
      case "ksm_merging_pages" -> ProcKsm.procPidKsmMergingPages(m, mm);
      default -> {
        return null;
      }
    }
    return m.toString();
  }
}
