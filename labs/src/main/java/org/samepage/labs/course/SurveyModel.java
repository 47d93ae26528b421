// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.course;

import java.util.List;
import org.samepage.labs.machine.LabMachines;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.Statement;

/**
 * What a survey has to find, worked out address by address and without a page walk.
 *
 * @param says the answer, but for the work
 * @param ptes entries of lowest tables that a walk has to read for that
 */
record SurveyModel(String says, long ptes) {
  private static final Memo<SurveyModel> KNOWN = new Memo<>();

  static SurveyModel of(String text, long start, long end, long limit) {
    return KNOWN.of(
        "%x %x %d%n%s".formatted(start, end, limit, text), () -> run(text, start, end, limit));
  }

  private static SurveyModel run(String text, long start, long end, long limit) {
    try {
      Scenario scenario = LabMachines.parse(text);
      try (LabMachines.Running running =
          LabMachines.ours().boot(scenario, "linux-6.18", List.of(), Long.MAX_VALUE)) {
        for (Statement statement : scenario.statements()) {
          running.runner().carryOut(statement);
        }
        return new Count(limit).of(running.backend().machine().mms().getFirst(), start, end);
      }
    } catch (ScenarioException e) {
      throw new IllegalStateException(e); // a lab's own scenario runs
    }
  }

  private static final class Count {
    private final long limit;
    private int ret;
    private long present;
    private long guards;
    private long holeBytes;
    private long last;
    private long ptes;

    Count(long limit) {
      this.limit = limit;
    }

    SurveyModel of(Mm mm, long start, long end) {
      for (int i = 0; i < mm.vmas.size() && ret == 0; i++) {
        VmArea vma = mm.vmas.get(i);
        long from = Math.max(start, vma.vmStart);
        long to = Math.min(end, vma.vmEnd);
        if (from >= to) {
          continue;
        }
        if (vma.has(VmFlags.VM_LOCKED)) {
          ret = -Errno.EPERM;
        } else if (vma.has(VmFlags.VM_MERGEABLE)) {
          look(mm, from, to);
        }
      }
      return new SurveyModel(
          "ret=%d present=%d guards=%d hole=%d last=0x%x"
              .formatted(ret, present, guards, holeBytes, last),
          ptes);
    }

    private void look(Mm mm, long from, long to) {
      for (long at = from; at < to && ret == 0; at += PageUnits.PAGE_SIZE) {
        PageTable table = mm.pgTables.pteTable(at);
        if (table == null) {
          holeBytes += PageUnits.PAGE_SIZE;
          continue;
        }
        ptes++;
        long word = table.get(PageUnits.pteIndex(at));
        if (PteMarker.isGuardPteMarker(word)) {
          guards++;
        } else if (Pte.ptePresent(word)) {
          last = at;
          ret = ++present == limit ? 1 : 0;
        }
      }
    }
  }
}
