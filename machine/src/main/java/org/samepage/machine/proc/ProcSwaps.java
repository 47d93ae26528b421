// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/swapfile.c.
package org.samepage.machine.proc;

import static org.samepage.mm.units.PageUnits.pagesToBytes;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.swap.SwapDevice;

/** Where pages are swapped out to: {@code /proc/swaps}. */
final class ProcSwaps {
  /** Of the first device that nobody gave a priority. */
  private static final int PRIORITY = -2;

  /** From here on a number is wide enough to need no second tab [KiB]. */
  private static final long WIDE = 10_000_000;

  private ProcSwaps() {}

  /** Prints the head, and the device where there is one. */
  @PortedFrom(
      value = "mm/swapfile.c:swap_show",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "one device, whose name is given")
  static void swapShow(SeqFile m, SwapDevice swap) {
    m.seqPuts("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
    int slots = swap.totalSwapPages();
    if (slots == 0) {
      return;
    }
    m.seqPuts("%-40spartition".formatted("/dev/swap"));
    number(m, kib(slots));
    number(m, kib(slots - swap.getNrSwapPages()));
    m.seqPuts("\t%d\n".formatted(PRIORITY));
  }

  private static void number(SeqFile m, long kib) {
    m.seqPuts("\t%d%s".formatted(kib, kib < WIDE ? "\t" : ""));
  }

  private static long kib(int slots) {
    return pagesToBytes(slots) >> 10;
  }
}
