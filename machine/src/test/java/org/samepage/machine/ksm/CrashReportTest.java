// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.samepage.machine.Machine;
import org.samepage.machine.UserProcess;
import org.samepage.machine.check.MachineChecker;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.report.KernelReport;
import org.samepage.mm.sched.FreeRunning;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/**
 * The "ksmd crashed" of the thread on "[PATCH v3] ksm: use range-walk function to jump over holes
 * in scan_get_next_rmap_item": two guard markers in one mapping, at the thread's addresses and with
 * the thread's flags.
 */
final class CrashReportTest {
  private static final long PAGE = 4096;
  private static final long START = 0x7f2a_e140_0000L;
  private static final long END = 0x7f2a_e180_0000L;
  private static final long FIRST = 0x7f2a_e151_1000L;
  private static final long SECOND = 0x7f2a_e171_2000L;

  /**
   * Readable, writable, and may be so and executable; accounted, soft-dirty, no huge pages, KSM.
   */
  private static final long VM_FLAGS = 0xc810_0073L;

  private static UserProcess process(Machine machine) throws Exception {
    UserProcess process = machine.newProcess();
    process.mmap(START, END - START, TestMachine.RW, false);
    process.madvise(START, END - START, Advice.NOHUGEPAGE);
    for (long guard : new long[] {FIRST, SECOND}) {
      process.writePage(guard - PAGE, TestMachine.content(1));
      process.writePage(guard + PAGE, TestMachine.content(1));
      process.madvise(guard, PAGE, Advice.GUARD_INSTALL);
    }
    process.madvise(START, END - START, Advice.MERGEABLE);
    assertThat(process.mm().vmas.size()).isEqualTo(1);
    VmArea vma = process.mm().vmas.get(0);
    vma.vmFlags &= ~VmFlags.VM_MAYBE_GUARD; // the thread's 6.18-rc1 has no such flag yet
    assertThat(vma.vmFlags).isEqualTo(VM_FLAGS);
    return process;
  }

  /** What the thread shows of a report, its addresses of tables and of the anon_vma left open. */
  private static Matcher report(KernelReport report, long addr) {
    String word = "([0-9a-f]{5,}067)";
    String lines =
        """
        BUG: Bad page map in process ksmd  pte:fffffffffffff600
        pgd:WORD p4d:WORD pud:WORD pmd:WORD
        addr:%016x vm_flags:c8100073 anon_vma:(ffff[0-9a-f]{12}) mapping:0000000000000000 index:%x
        file:\\(null\\) fault:0x0 mmap:0x0 mmap_prepare: 0x0 read_folio:0x0\
        """
            .formatted(addr, addr >>> 12)
            .replace("WORD", word);
    Matcher matcher = Pattern.compile(lines).matcher(report.text());
    assertThat(matcher.matches()).as(report.text()).isTrue();
    assertThat(report.kind()).isEqualTo("bad_page_map");
    assertThat(matcher.group(2)).as("p4d is folded into pgd").isEqualTo(matcher.group(1));
    return matcher;
  }

  @Test
  void v3_prints_the_threads_two_reports_and_the_scan_goes_on() throws Exception {
    TestMachine m = TestMachine.boot(new FreeRunning(), "ksm-v3", "machine.soft-dirty=true");
    try {
      UserProcess process = process(m.machine);
      m.passes(1);
      List<KernelReport> reports = m.machine.log().reports();
      assertThat(reports).hasSize(2);
      Matcher first = report(reports.get(0), FIRST);
      Matcher second = report(reports.get(1), SECOND);
      assertThat(second.group(3)).as("one page of pmds").isEqualTo(first.group(3));
      assertThat(second.group(4)).as("two tables").isNotEqualTo(first.group(4));
      assertThat(second.group(5)).as("one anon_vma").isEqualTo(first.group(5));
      // nothing has crashed: what is behind the guards is found, and merged in the next pass
      assertThat(m.ksm("pages_scanned")).isEqualTo(4);
      assertThat(m.ksm("full_scans")).isEqualTo(1);
      m.passes(1);
      assertThat(m.ksm("pages_sharing")).isEqualTo(3);
      assertThat(m.machine.log().reports()).as("again at each pass").hasSize(4);
      process.exit();
      MachineChecker.check(m.machine);
    } finally {
      m.machine.close();
    }
  }

  @Test
  void the_merged_version_looks_at_neither() throws Exception {
    try (TestMachine m =
        TestMachine.boot(new FreeRunning(), "linux-6.18", "machine.soft-dirty=true")) {
      var _ = process(m.machine);
      m.passes(2);
      assertThat(m.ksm("pages_sharing")).isEqualTo(3);
    }
  }
}
