// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static org.samepage.machine.testing.TestMachine.BASE;
import static org.samepage.machine.testing.TestMachine.RW;
import static org.samepage.machine.testing.TestMachine.page;

import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.samepage.machine.Machine;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pmd;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.units.PageUnits;

/** A machine with THP "madvise", and short ways to see huge pages; places are pages. */
abstract class ThpBed {
  static final long HUGE = PageUnits.PMD_SIZE;

  final TestMachine m = TestMachine.boot("linux-6.18");
  final Machine machine = m.machine;
  final Folios folios = machine.memory().folios();

  @AfterEach
  void close() {
    m.close();
  }

  static long bytes(long pages) {
    return PageUnits.pagesToBytes(pages);
  }

  /** A process with this many huge pages' room, advised; nothing is there yet. */
  UserProcess advised(long huge) throws SyscallException {
    UserProcess p = machine.newProcess();
    p.mmap(BASE, huge * HUGE, RW, true);
    p.madvise(BASE, huge * HUGE, Advice.HUGEPAGE);
    return p;
  }

  /** A process with huge pages that are there: page i of all holds content i. */
  UserProcess filled(long huge) throws SyscallException {
    UserProcess p = advised(huge);
    for (long i = 0; i < huge * PageUnits.HPAGE_PMD_NR; i++) {
      TestMachine.write(p, i, i);
    }
    return p;
  }

  static void holds(UserProcess p, long from, long to) throws SyscallException {
    for (long i = from; i < to; i++) {
      TestMachine.check(p, i, i);
    }
  }

  /** The word of the huge page that a page is in. */
  static long pmd(UserProcess p, long index) {
    PageTable table = Objects.requireNonNull(p.mm().pgTables.pmdTable(page(index)));
    return table.getLockless(PageUnits.pmdIndex(page(index)));
  }

  static boolean isHuge(UserProcess p, long index) {
    return Pmd.pmdTransHuge(pmd(p, index));
  }

  /** The first page of the folio at a place that a huge entry maps. */
  static int folio(UserProcess p, long index) {
    return (int) Pmd.pmdPfn(pmd(p, index));
  }

  long smaps(UserProcess p, long index, String key) throws SyscallException {
    String all = machine.proc().read("/proc/" + p.pid() + "/smaps");
    boolean in = false;
    for (String line : all.split("\n", -1)) {
      int dash = line.indexOf('-');
      if (dash > 0
          && line.indexOf(' ') > dash
          && line.charAt(0) < 'A' + 26
          && !line.contains(":  ")) {
        long start = Long.parseUnsignedLong(line.substring(0, dash), 16);
        long end = Long.parseUnsignedLong(line.substring(dash + 1, line.indexOf(' ')), 16);
        in = page(index) >= start && page(index) < end;
      } else if (in && line.startsWith(key + ":")) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    throw new AssertionError("no " + key + " in\n" + all);
  }

  /** A word of pagemap without the frame. */
  long pagemap(UserProcess p, long index) throws SyscallException {
    return machine.proc().pagemap(p.pid(), page(index), 1)[0] & -(1L << 55);
  }

  long kpageflags(UserProcess p, long index) throws SyscallException {
    return machine.proc().kpageflags(frame(p, index));
  }

  long kpagecount(UserProcess p, long index) throws SyscallException {
    return machine.proc().kpagecount(frame(p, index));
  }

  long frame(UserProcess p, long index) throws SyscallException {
    return machine.proc().pagemap(p.pid(), page(index), 1)[0] & ((1L << 55) - 1);
  }
}
