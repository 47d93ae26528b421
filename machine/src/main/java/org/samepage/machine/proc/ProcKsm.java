// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/base.c.
package org.samepage.machine.proc;

import org.samepage.ksm.control.KsmSysfs;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.MmFlags;

/** What KSM does for a process: {@code /proc/PID/ksm_stat} and {@code ksm_merging_pages}. */
final class ProcKsm {
  private final KsmSysfs ksm;

  ProcKsm(KsmSysfs ksm) {
    this.ksm = ksm;
  }

  /** Takes mmap_lock for reading; the counts are read without their lock. */
  @PortedFrom("fs/proc/base.c:proc_pid_ksm_stat")
  void procPidKsmStat(SeqFile m, Mm mm) {
    m.seqPuts("ksm_rmap_items " + mm.ksmRmapItems + "\n");
    m.seqPuts("ksm_zero_pages " + mm.ksmZeroPages + "\n");
    m.seqPuts("ksm_merging_pages " + mm.ksmMergingPages + "\n");
    m.seqPuts("ksm_process_profit " + ksm.ksmProcessProfit(mm) + "\n");
    m.seqPuts("ksm_merge_any: " + yes(mm.mmFlagsTest(MmFlags.MMF_VM_MERGE_ANY)) + "\n");
    mm.mmapLock.readLock();
    m.seqPuts("ksm_mergeable: " + yes(KsmSysfs.ksmProcessMergeable(mm)) + "\n");
    mm.mmapLock.readUnlock();
  }

  private static String yes(boolean is) {
    return is ? "yes" : "no";
  }

  @PortedFrom("fs/proc/base.c:proc_pid_ksm_merging_pages")
  static void procPidKsmMergingPages(SeqFile m, Mm mm) {
    m.seqPuts(mm.ksmMergingPages + "\n");
  }
}
