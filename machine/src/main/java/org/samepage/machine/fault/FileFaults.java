// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory.c, mm/filemap.c and mm/shmem.c.
package org.samepage.machine.fault;

import static org.samepage.mm.spi.FaultHandler.FAULT_FLAG_WRITE;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_OOM;
import static org.samepage.mm.spi.FaultHandler.VM_FAULT_SIGBUS;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_MASK;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;
import static org.samepage.mm.units.PageUnits.pteIndex;

import java.util.Objects;
import org.samepage.machine.fault.parts.Userfaults;
import org.samepage.machine.file.SharedFiles;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.AnonVmas;

/** Faults in mappings of files. */
public final class FileFaults {
  /** fault_around_bytes: a read fault maps what is there of an aligned window. */
  private static final long AROUND_SIZE = 16 * PAGE_SIZE;

  private final Folios folios;
  private final SharedFiles files;
  private final AnonVmas anonVmas;
  private final AnonRmap rmap;

  public FileFaults(Folios folios, SharedFiles files, AnonVmas anonVmas, AnonRmap rmap) {
    this.folios = folios;
    this.files = files;
    this.anonVmas = anonVmas;
    this.rmap = rmap;
  }

  @PortedFrom(
      value = {"mm/memory.c:do_fault", "mm/memory.c:do_shared_fault"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "files in memory, which want no word before a page is written")
  int doFault(Fault fault) {
    if (!fault.isWrite()) {
      return doReadFault(fault);
    }
    return fault.vma().has(VmFlags.VM_SHARED) ? doFaultRaw(fault) : doCowFault(fault);
  }

  /**
   * What a file has to say where there is no table of entries yet: a fault that it refuses leaves
   * none behind, but an anon_vma where a copy was to be made.
   *
   * @return 0 where a table is wanted
   */
  @PortedFrom(
      value = "mm/memory.c:__do_fault",
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "the file is asked before the table is made, and again with it")
  int refusedWithoutTable(VmArea vma, long addr, int flags) {
    boolean write = (flags & FAULT_FLAG_WRITE) != 0;
    if (!write && !vma.userfaultfdWp() && anyAround(vma, addr)) {
      return 0;
    }
    if (write && !vma.has(VmFlags.VM_SHARED) && anonVmas.anonVmaPrepare(vma) != 0) {
      return VM_FAULT_OOM;
    }
    int folio = shmemFault(vma, addr);
    if (folio < 0) {
      return failed(vma, flags, folio);
    }
    folios.folioPut(folio);
    return 0;
  }

  /** Whether the file has a page that a read fault would map: it brings a table with it. */
  private boolean anyAround(VmArea vma, long addr) {
    long end = aroundEnd(vma, addr);
    for (long at = aroundStart(vma, addr); at < end; at += PAGE_SIZE) {
      int folio = files.filemapGetFolio(file(vma), vma.linearPageIndex(at));
      if (folio != Frames.NO_PAGE) {
        folios.folioPut(folio);
        return true;
      }
    }
    return false;
  }

  /** The first page that is mapped with one: of an aligned window, within the VMA and the table. */
  private static long aroundStart(VmArea vma, long addr) {
    return Math.max(addr & -AROUND_SIZE, vma.vmStart);
  }

  private static long aroundEnd(VmArea vma, long addr) {
    long table = (addr & PMD_MASK) + PMD_SIZE;
    return Math.min(Math.min(aroundStart(vma, addr) + AROUND_SIZE, table), vma.vmEnd);
  }

  /** Not around pages of a userfaultfd, which has to hear of each. */
  @PortedFrom({
    "mm/memory.c:do_read_fault",
    "include/linux/userfaultfd_k.h:uffd_disable_fault_around"
  })
  private int doReadFault(Fault fault) {
    return !fault.vma().userfaultfdWp() && doFaultAround(fault) ? 0 : doFaultRaw(fault);
  }

  private static AddressSpace file(VmArea vma) {
    return Objects.requireNonNull(vma.vmFile);
  }

  /**
   * Maps those pages around the fault that the file has already: in an aligned window, within the
   * VMA and the table.
   *
   * @return whether the page itself was among them
   */
  @PortedFrom(
      value = {
        "mm/memory.c:do_fault_around",
        "mm/filemap.c:filemap_map_pages",
        "mm/filemap.c:filemap_map_order0_folio"
      },
      fidelity = Fidelity.SIMPLIFIED,
      differs = "every page of a file in memory is up to date; order 0")
  private boolean doFaultAround(Fault fault) {
    VmArea vma = fault.vma();
    long end = aroundEnd(vma, fault.addr());
    boolean mapped = false;
    PageTable table = fault.table();
    table.ptl.lock();
    for (long addr = aroundStart(vma, fault.addr()); addr < end; addr += PAGE_SIZE) {
      if (!Pte.pteNone(table.get(pteIndex(addr)))) {
        continue;
      }
      int folio = files.filemapGetFolio(file(vma), vma.linearPageIndex(addr));
      if (folio != Frames.NO_PAGE) {
        setPteRange(fault, folio, addr, false);
        mapped |= addr == fault.addr();
      }
    }
    table.ptl.unlock();
    return mapped;
  }

  /** Maps the file's own page. */
  @PortedFrom(
      value = {"mm/memory.c:__do_fault", "mm/memory.c:finish_fault"},
      fidelity = Fidelity.ADAPTED,
      differs = "one function; the page is not locked")
  private int doFaultRaw(Fault fault) {
    int folio = shmemFault(fault.vma(), fault.addr());
    if (folio < 0) {
      return failed(fault.vma(), fault.flags(), folio);
    }
    fault.table().ptl.lock();
    boolean first = fault.unchanged() && files.stillHas(file(fault.vma()), folio);
    if (first) {
      setPteRange(fault, folio, fault.addr(), fault.isWrite());
    }
    fault.table().ptl.unlock();
    if (!first) {
      folios.folioPut(folio);
    } else if (fault.isWrite()) {
      folios.folioMarkDirty(folio);
    }
    return 0;
  }

  /** What {@link #shmemFault} gives where a userfaultfd has to bring the page. */
  private static final int USERFAULT = -3;

  /**
   * The file's page, with a reference.
   *
   * @return negative where there is none: as {@link SharedFiles#shmemGetFolio}, or {@link
   *     #USERFAULT}
   */
  @PortedFrom(
      value = {"mm/shmem.c:shmem_fault", "mm/filemap.c:filemap_fault"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "a disk has zeros; nothing is read ahead; the page is not locked")
  private int shmemFault(VmArea vma, long addr) {
    AddressSpace file = file(vma);
    long index = vma.linearPageIndex(addr);
    if (!vma.userfaultfdMissing()) {
      return files.shmemGetFolio(file, index);
    }
    int folio = files.filemapGetFolio(file, index);
    return folio != Frames.NO_PAGE || !file.covers(index)
        ? folio == Frames.NO_PAGE ? SharedFiles.PAST_THE_END : folio
        : USERFAULT;
  }

  private static int failed(VmArea vma, int flags, int folio) {
    return switch (folio) {
      case SharedFiles.PAST_THE_END -> VM_FAULT_SIGBUS;
      case USERFAULT -> Userfaults.handleUserfault(vma, flags);
      default -> VM_FAULT_OOM;
    };
  }

  /** A first write to a private mapping: a page of its own with what the file has. */
  @PortedFrom("mm/memory.c:do_cow_fault")
  private int doCowFault(Fault fault) {
    VmArea vma = fault.vma();
    int err = anonVmas.anonVmaPrepare(vma);
    int copy = err == 0 ? folios.vmaAllocFolioNoprof(vma.vmPolicy) : Frames.NO_PAGE;
    if (copy == Frames.NO_PAGE) {
      return VM_FAULT_OOM;
    }
    int folio = shmemFault(fault.vma(), fault.addr());
    if (folio < 0) {
      folios.folioPut(copy);
      return failed(fault.vma(), fault.flags(), folio);
    }
    folios.copyMcUserHighpage(copy, folio);
    folios.folioPut(folio);
    fault.table().ptl.lock();
    boolean first = fault.unchanged();
    if (first) {
      long entry = vma.vmMm.ptes.pteMkdirty(Pte.pfnPte(copy, vma.vmPageProt));
      vma.vmMm.addMmCounter(Mm.MM_ANONPAGES, 1);
      rmap.folioAddNewAnonRmap(copy, vma, fault.addr());
      fault.table().set(fault.at(), fault.vmfOrigPteUffdWp(PageFaults.maybeMkwrite(entry, vma)));
    }
    fault.table().ptl.unlock();
    if (!first) {
      folios.folioPut(copy);
    }
    return 0;
  }

  /** Sets one entry to a file's page, whose reference becomes the mapping's. */
  @PortedFrom(
      value = "mm/memory.c:set_pte_range",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "one page of a file")
  private void setPteRange(Fault fault, int folio, long addr, boolean write) {
    VmArea vma = fault.vma();
    long entry = Pte.pteMkyoung(Pte.pfnPte(folio, vma.vmPageProt));
    if (write) {
      entry = PageFaults.maybeMkwrite(vma.vmMm.ptes.pteMkdirty(entry), vma);
    }
    entry = fault.vmfOrigPteUffdWp(entry);
    rmap.folioAddFileRmapPtes(folio, vma);
    vma.vmMm.addMmCounter(Mm.mmCounterFile(folios, folio), 1);
    fault.table().set(pteIndex(addr), entry);
  }
}
