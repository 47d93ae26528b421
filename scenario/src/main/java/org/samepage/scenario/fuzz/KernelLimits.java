// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import org.samepage.mm.phys.Folios;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.scenario.backend.PresentPages;
import org.samepage.scenario.lang.Action;
import org.samepage.scenario.lang.Advice;
import org.samepage.scenario.lang.Statement;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.run.ScenarioRunner;
import org.samepage.scenario.run.ScenarioRunner.Addresses;

/** What moves pages the same way each time on a real kernel, and on the port. */
final class KernelLimits {
  private final PortBackend port;
  private final Folios folios;

  KernelLimits(PortBackend port) {
    this.port = port;
    this.folios = port.machine().memory().folios();
  }

  /** Whether a statement's outcome can be compared; asked before it is carried out. */
  boolean allow(Statement statement, ScenarioRunner runner) {
    return switch (statement.action()) {
      case Action.Madvise advice when advice.advice() == Advice.PAGEOUT -> {
        Addresses where = runner.addresses(advice.process(), advice.range());
        yield where == null || !hasFilePages(mm(runner, advice.process()), where);
      }
      case Action.Swapout swapout -> {
        Addresses where = runner.addresses(swapout.process(), swapout.range());
        yield where == null
            || (!hasFilePages(mm(runner, swapout.process()), where)
                && areItsOwn(present(runner, swapout.process()), where));
      }
      default -> true;
    };
  }

  private Mm mm(ScenarioRunner runner, String process) {
    return port.mm(runner.processes().get(process));
  }

  private static PresentPages present(ScenarioRunner runner, String process) {
    return runner.processes().get(process).presentPages();
  }

  /** A kernel swaps out what memory holds of files, and the port does not. */
  private static boolean hasFilePages(Mm mm, Addresses where) {
    VmArea vma = mm.vmas.findVma(where.start());
    while (vma != null && vma.vmStart < where.end() && vma.vmFile == null) {
      vma = mm.vmas.next(vma);
    }
    return vma != null && vma.vmStart < where.end();
  }

  /** MADV_PAGEOUT, which a kernel has for a swapout, leaves pages that others map, too. */
  private boolean areItsOwn(PresentPages pages, Addresses where) {
    for (int i = 0; i < pages.count(); i++) {
      if (pages.address(i) >= where.start()
          && pages.address(i) < where.end()
          && !pages.isZeroPage(i)) {
        int folio = folios.pageFolio((int) pages.frame(i));
        if (folios.folioTestLarge(folio) || folios.folioMapcount(folio) != 1) {
          return false;
        }
      }
    }
    return true;
  }
}
