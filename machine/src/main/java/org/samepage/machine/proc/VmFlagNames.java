// SPDX-License-Identifier: GPL-2.0-only
// Ported from fs/proc/task_mmu.c.
package org.samepage.machine.proc;

import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;

/** The two letters that stand for each flag of a VMA. */
final class VmFlagNames {
  private static final @Nullable String[] MNEMONICS = new String[Long.SIZE];

  static {
    name(VmFlags.VM_READ, "rd");
    name(VmFlags.VM_WRITE, "wr");
    name(VmFlags.VM_EXEC, "ex");
    name(VmFlags.VM_SHARED, "sh");
    name(VmFlags.VM_MAYREAD, "mr");
    name(VmFlags.VM_MAYWRITE, "mw");
    name(VmFlags.VM_MAYEXEC, "me");
    name(VmFlags.VM_MAYSHARE, "ms");
    name(VmFlags.VM_GROWSDOWN, "gd");
    name(VmFlags.VM_UFFD_MISSING, "um");
    name(VmFlags.VM_PFNMAP, "pf");
    name(VmFlags.VM_MAYBE_GUARD, "gu");
    name(VmFlags.VM_UFFD_WP, "uw");
    name(VmFlags.VM_LOCKED, "lo");
    name(VmFlags.VM_IO, "io");
    name(VmFlags.VM_SEQ_READ, "sr");
    name(VmFlags.VM_RAND_READ, "rr");
    name(VmFlags.VM_DONTCOPY, "dc");
    name(VmFlags.VM_DONTEXPAND, "de");
    name(VmFlags.VM_LOCKONFAULT, "lf");
    name(VmFlags.VM_ACCOUNT, "ac");
    name(VmFlags.VM_NORESERVE, "nr");
    name(VmFlags.VM_HUGETLB, "ht");
    name(VmFlags.VM_WIPEONFORK, "wf");
    name(VmFlags.VM_SOFTDIRTY, "sd");
    name(VmFlags.VM_MIXEDMAP, "mm");
    name(VmFlags.VM_HUGEPAGE, "hg");
    name(VmFlags.VM_NOHUGEPAGE, "nh");
    name(VmFlags.VM_MERGEABLE, "mg");
    name(VmFlags.VM_DROPPABLE, "dp");
    name(VmFlags.VM_SEALED, "sl");
  }

  private VmFlagNames() {}

  private static void name(long flag, String letters) {
    MNEMONICS[Long.numberOfTrailingZeros(flag)] = letters;
  }

  /** The whole line of {@code smaps}. */
  @PortedFrom(
      value = "fs/proc/task_mmu.c:show_smap_vma_flags",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "names those flags that the port has; another one is ??, as in the kernel")
  static void showSmapVmaFlags(SeqFile m, VmArea vma) {
    m.seqPuts("VmFlags: ");
    each(vma, _ -> true, letters -> m.seqPuts(letters).seqPutc(' '));
    m.seqPutc('\n');
  }

  /** Those of some flags that a VMA has, each with a space in front. */
  static String of(VmArea vma, Set<String> some) {
    StringBuilder found = new StringBuilder();
    each(vma, some::contains, letters -> found.append(' ').append(letters));
    return found.toString();
  }

  private interface Letters {
    Object take(String letters);
  }

  private static void each(VmArea vma, Predicate<String> wanted, Letters to) {
    for (int bit = 0; bit < Long.SIZE; bit++) {
      String name = MNEMONICS[bit];
      String letters = name == null ? "??" : name;
      if (vma.has(1L << bit) && wanted.test(letters)) {
        var _ = to.take(letters);
      }
    }
  }
}
