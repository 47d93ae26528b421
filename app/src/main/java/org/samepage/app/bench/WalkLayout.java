// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import java.util.Arrays;
import org.samepage.machine.Machine;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.machine.mmap.Mremap;
import org.samepage.mm.units.PageUnits;

/** How the merged page is mapped whose mappings are walked. */
public enum WalkLayout {
  /** One process, one anon_vma, a VMA for each page. */
  L1 {
    @Override
    UserProcess build(Machine machine, Size size) throws SyscallException {
      return split(machine, size);
    }
  },

  /** The same, and children that were forked after the merge. */
  L2 {
    @Override
    UserProcess build(Machine machine, Size size) throws SyscallException {
      UserProcess process = split(machine, size);
      for (int i = 0; i < size.children; i++) {
        var _ = process.fork();
      }
      return process;
    }
  },

  /** Pages that mremap moved after their first write, and that were merged then: 16 of 32. */
  L3 {
    @Override
    UserProcess build(Machine machine, Size size) throws SyscallException {
      UserProcess process = machine.newProcess();
      process.mmap(ELSEWHERE, PageUnits.pagesToBytes(2 * MOVED), RW, false);
      byte[] page = new byte[PageUnits.PAGE_BYTES];
      for (int i = 0; i < 2 * MOVED; i++) {
        Arrays.fill(page, (byte) (i < MOVED ? i + 1 : PATTERN));
        process.writePage(ELSEWHERE + PageUnits.pagesToBytes(i), page);
      }
      long bytes = PageUnits.pagesToBytes(MOVED);
      int flags = Mremap.MREMAP_MAYMOVE | Mremap.MREMAP_FIXED;
      process.mremap(ELSEWHERE + bytes, bytes, bytes, flags, BASE);
      process.madvise(BASE, bytes, Advice.MERGEABLE);
      merge(machine, MOVED - 1);
      return process;
    }

    @Override
    int firstPage() {
      return 0;
    }
  };

  static final long BASE = 0x1000_0000_0000L;

  private static final long ELSEWHERE = 0x1100_0000_0000L;
  private static final int RW = 3;
  private static final int MOVED = 16;
  private static final int PATTERN = 0xaa;
  private static final int PROT_READ = 1;
  private static final int PASSES = 2;

  /**
   * How large it is; L3 is what it is.
   *
   * @param vmas VMAs of one page each
   * @param children processes forked after the merge
   * @param sharers pages that are merged into one
   */
  public record Size(int vmas, int children, int sharers) {
    /** What the posted figures come from. */
    public static final Size POSTED = new Size(22_169, 2, 2);
  }

  /**
   * Makes the merged page.
   *
   * @return the process that maps it at {@link #address}
   */
  abstract UserProcess build(Machine machine, Size size) throws SyscallException;

  /** The first page, from the base on, that maps it. */
  int firstPage() {
    return 1;
  }

  /** Address of a mapping of the merged page, in the first process. */
  long address() {
    return BASE + PageUnits.pagesToBytes(firstPage());
  }

  /** Every second page is equal to the others, as many as there are sharers. */
  private static UserProcess split(Machine machine, Size size) throws SyscallException {
    UserProcess process = machine.newProcess();
    long bytes = PageUnits.pagesToBytes(size.vmas);
    process.mmap(BASE, bytes, RW, false);
    process.madvise(BASE, bytes, Advice.MERGEABLE);
    byte[] page = new byte[PageUnits.PAGE_BYTES];
    Arrays.fill(page, (byte) PATTERN);
    for (int i = 0; i < size.sharers; i++) {
      process.writePage(BASE + PageUnits.pagesToBytes(2 * i + 1), page);
    }
    for (int i = 0; i < size.vmas; i += 2) {
      process.mprotect(BASE + PageUnits.pagesToBytes(i), PageUnits.PAGE_SIZE, PROT_READ);
    }
    merge(machine, size.sharers - 1);
    return process;
  }

  /** Two passes. */
  private static void merge(Machine machine, int sharing) {
    for (int i = 0; i < PASSES; i++) {
      machine.ksm().ksmd().fullPass();
    }
    long merged = machine.ksm().sysfs().number("pages_sharing");
    if (merged != sharing) {
      throw new IllegalStateException("%d pages share, not %d".formatted(merged, sharing));
    }
  }
}
