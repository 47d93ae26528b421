// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/array.c and fs/proc/task_mmu.c.
package org.samepage.machine.proc;

import static org.samepage.mm.units.PageUnits.pagesToBytes;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;

/** How much memory a process has: {@code /proc/PID/status}. */
final class ProcStatus {
  private ProcStatus() {}

  /** The whole file. No locks: the figures may belong to slightly different moments. */
  @PortedFrom(
      value = {"fs/proc/array.c:proc_pid_status", "fs/proc/array.c:task_state"},
      fidelity = Fidelity.SIMPLIFIED,
      differs =
          "Tgid, Pid and what is said of memory; there are no names, users, threads, signals,"
              + " capabilities and CPUs here, so their lines are left out")
  static void procPidStatus(SeqFile m, int pid, Mm mm) {
    m.seqPutDecimalUll("Tgid:\t", pid);
    m.seqPutDecimalUll("\nPid:\t", pid).seqPutc('\n');
    taskMem(m, mm);
  }

  @PortedFrom(
      value = {"fs/proc/task_mmu.c:task_mem", "mm/hugetlb.c:hugetlb_report_usage"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "nothing is pinned or huge, and no program is loaded: all code counts as VmLib")
  private static void taskMem(SeqFile m, Mm mm) {
    seqPutDec(m, "VmPeak:\t", mm.getMmHiwaterVm());
    seqPutDec(m, " kB\nVmSize:\t", mm.totalVm);
    seqPutDec(m, " kB\nVmLck:\t", mm.lockedVm);
    seqPutDec(m, " kB\nVmPin:\t", 0);
    seqPutDec(m, " kB\nVmHWM:\t", mm.getMmHiwaterRss());
    seqPutDec(m, " kB\nVmRSS:\t", mm.getMmRss());
    seqPutDec(m, " kB\nRssAnon:\t", mm.getMmCounterSum(Mm.MM_ANONPAGES));
    seqPutDec(m, " kB\nRssFile:\t", mm.getMmCounterSum(Mm.MM_FILEPAGES));
    seqPutDec(m, " kB\nRssShmem:\t", mm.getMmCounterSum(Mm.MM_SHMEMPAGES));
    seqPutDec(m, " kB\nVmData:\t", mm.dataVm);
    seqPutDec(m, " kB\nVmStk:\t", mm.stackVm);
    seqPutDec(m, " kB\nVmExe:\t", 0);
    seqPutDec(m, " kB\nVmLib:\t", mm.execVm);
    m.seqPutDecimalUllWidth(" kB\nVmPTE:\t", mm.pgTables.pgtablesBytes() / 1024, 8);
    seqPutDec(m, " kB\nVmSwap:\t", mm.getMmCounterSum(Mm.MM_SWAPENTS));
    seqPutDec(m, " kB\nHugetlbPages:\t", 0);
    m.seqPuts(" kB\n");
  }

  @PortedFrom("fs/proc/task_mmu.c:SEQ_PUT_DEC")
  private static void seqPutDec(SeqFile m, String delimiter, long pages) {
    m.seqPutDecimalUllWidth(delimiter, pagesToBytes(pages) / 1024, 8);
  }
}
