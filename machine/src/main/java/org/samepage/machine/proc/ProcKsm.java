// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/base.c.
package org.samepage.machine.proc;

import static org.samepage.mm.vma.MmFlags.MMF_VM_MERGE_ANY;

import org.samepage.ksm.control.KsmSysfs;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmFlags;

/** What /proc/PID says about the merging of a process. */
public final class ProcKsm {
  private ProcKsm() {}

  /** The text of {@code ksm_merging_pages}. */
  @PortedFrom(
      value = "fs/proc/base.c:proc_pid_ksm_merging_pages",
      fidelity = Fidelity.ADAPTED,
      differs = "returns the text")
  public static String procPidKsmMergingPages(Mm mm) {
    return mm.ksmMergingPages + "\n";
  }

  /**
   * The text of {@code ksm_stat}.
   *
   * @param sysfs knows what an item costs
   */
  @PortedFrom(
      value = "fs/proc/base.c:proc_pid_ksm_stat",
      fidelity = Fidelity.ADAPTED,
      differs = "returns the text; no signal ends the wait for mmap_lock")
  public static String procPidKsmStat(Mm mm, KsmSysfs sysfs) {
    StringBuilder text = new StringBuilder();
    text.append("ksm_rmap_items ").append(mm.ksmRmapItems).append('\n');
    text.append("ksm_zero_pages ").append(mm.ksmZeroPages.get()).append('\n');
    text.append("ksm_merging_pages ").append(mm.ksmMergingPages).append('\n');
    text.append("ksm_process_profit ").append(sysfs.ksmProcessProfit(mm)).append('\n');
    text.append("ksm_merge_any: ").append(yesNo(mm.mmFlagsTest(MMF_VM_MERGE_ANY))).append('\n');
    mm.mmapLock.readLock();
    boolean mergeable = ksmProcessMergeable(mm);
    mm.mmapLock.readUnlock();
    text.append("ksm_mergeable: ").append(yesNo(mergeable)).append('\n');
    return text.toString();
  }

  /** Whether any mapping is mergeable. Holds mmap_lock. */
  @PortedFrom("mm/ksm.c:ksm_process_mergeable")
  private static boolean ksmProcessMergeable(Mm mm) {
    mm.mmapLock.assertLocked();
    for (int i = 0; i < mm.vmas.size(); i++) {
      if (mm.vmas.get(i).has(VmFlags.VM_MERGEABLE)) {
        return true;
      }
    }
    return false;
  }

  private static String yesNo(boolean value) {
    return value ? "yes" : "no";
  }
}
