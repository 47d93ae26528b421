// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.fuzz;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.scenario.backend.BackendProcess;
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
  private final boolean swap;

  KernelLimits(PortBackend port) {
    this.port = port;
    this.folios = port.machine().memory().folios();
    this.swap = port.machine().config().swapPages() > 0;
  }

  /** Whether a statement's outcome can be compared; asked before it is carried out. */
  boolean allow(Statement statement, ScenarioRunner runner) {
    return switch (statement.action()) {
      case Action.Madvise advice when advice.advice() == Advice.PAGEOUT -> {
        Addresses where = runner.addresses(advice.process(), advice.range());
        yield where == null
            || (!hasFilePages(mm(runner, advice.process()), where)
                && !goesAsOne(present(runner, advice.process()), where));
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
    return port.mm(process(runner, process));
  }

  private static PresentPages present(ScenarioRunner runner, String process) {
    return process(runner, process).presentPages();
  }

  private static BackendProcess process(ScenarioRunner runner, String name) {
    return Objects.requireNonNull(runner.processes().get(name), name);
  }

  /** A kernel swaps out what memory holds of files, and the port does not. */
  private static boolean hasFilePages(Mm mm, Addresses where) {
    VmArea vma = mm.vmas.findVma(where.start());
    while (vma != null && vma.vmStart < where.end() && vma.vmFile == null) {
      vma = mm.vmas.next(vma);
    }
    return vma != null && vma.vmStart < where.end();
  }

  /** A kernel swaps out a large folio as one; the port splits it, and that maps the zero page. */
  private boolean goesAsOne(PresentPages pages, Addresses where) {
    Map<Integer, Integer> parts = new HashMap<>();
    for (int i = 0; i < pages.count() && swap; i++) {
      if (isIn(where, pages.address(i)) && !pages.isZeroPage(i)) {
        parts.merge(folios.pageFolio((int) pages.frame(i)), 1, Integer::sum);
      }
    }
    return parts.entrySet().stream()
        .anyMatch(part ->
            folios.folioTestLarge(part.getKey())
                && part.getValue() >= folios.folioNrPages(part.getKey()));
  }

  private static boolean isIn(Addresses where, long address) {
    return address >= where.start() && address < where.end();
  }

  /** MADV_PAGEOUT, which a kernel has for a swapout, leaves pages that others map, too. */
  private boolean areItsOwn(PresentPages pages, Addresses where) {
    for (int i = 0; i < pages.count(); i++) {
      if (isIn(where, pages.address(i)) && !pages.isZeroPage(i)) {
        int folio = folios.pageFolio((int) pages.frame(i));
        boolean others =
            folios.folioTestLarge(folio)
                ? folios.folioMaybeMappedShared(folio)
                : folios.folioMapcount(folio) != 1;
        if (others) {
          return false;
        }
      }
    }
    return true;
  }
}
