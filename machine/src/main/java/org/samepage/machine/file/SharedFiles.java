// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/shmem.c.
package org.samepage.machine.file;

import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.AddressSpace;

/** Files in memory: memfds, and what a shared anonymous mapping is of. */
public final class SharedFiles {
  private final Folios folios;

  public SharedFiles(Folios folios) {
    this.folios = folios;
  }

  /** Gives up a use; with the last one the pages go. */
  @PortedFrom(
      value = {"fs/inode.c:iput", "mm/shmem.c:shmem_evict_inode"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "nothing is swapped out")
  public void iput(AddressSpace file) {
    if (!file.put()) {
      return;
    }
    synchronized (file.lock) {
      for (int i = 0; i < file.endIndex(); i++) {
        int folio = file.page(i);
        if (folio != Frames.NO_PAGE) {
          file.setPage(i, Frames.NO_PAGE);
          folios.folioPut(folio);
        }
      }
    }
  }

  /** What a file gives where it ends. */
  public static final int PAST_THE_END = -2;

  /**
   * The page of an index, made where it is missing, with a reference for the caller.
   *
   * @return {@link Frames#NO_PAGE} where memory is short, {@link #PAST_THE_END} behind the file
   */
  @PortedFrom(
      value = "mm/shmem.c:shmem_get_folio",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "order 0, no swap, not locked")
  public int shmemGetFolio(AddressSpace file, long index) {
    if (!file.covers(index)) {
      return PAST_THE_END;
    }
    synchronized (file.lock) {
      int folio = file.page(index);
      if (folio == Frames.NO_PAGE) {
        folio = folios.vmaAllocFolioNoprof(Folios.NUMA_NO_NODE);
        if (folio == Frames.NO_PAGE) {
          return folio;
        }
        Frames frames = folios.frames();
        frames.setFlag(folio, PageFlags.PG_SWAPBACKED | PageFlags.PG_UPTODATE);
        frames.setMapping(folio, file);
        frames.setIndex(folio, index);
        file.setPage(index, folio);
      }
      folios.folioGet(folio);
      return folio;
    }
  }

  /** The page of an index, with a reference, if it is there already. */
  @PortedFrom(
      value = "mm/filemap.c:filemap_get_folio",
      fidelity = Fidelity.ADAPTED,
      differs = "NO_PAGE where there is none")
  public int filemapGetFolio(AddressSpace file, long index) {
    synchronized (file.lock) {
      int folio = file.covers(index) ? file.page(index) : Frames.NO_PAGE;
      if (folio != Frames.NO_PAGE) {
        folios.folioGet(folio);
      }
      return folio;
    }
  }

  /** Writes a page of a file, as write(2) does. */
  @PortedFrom(
      value = {"mm/filemap.c:generic_perform_write", "mm/shmem.c:shmem_write_end"},
      part = true,
      fidelity = Fidelity.SIMPLIFIED,
      differs = "a whole page of a file in memory")
  public void writePage(AddressSpace file, long index, byte[] page) {
    int folio = shmemGetFolio(file, index);
    if (folio < 0) {
      throw new IllegalStateException("no memory for the page of a file");
    }
    folios.writePage(folio, page);
    folios.folioMarkDirty(folio);
    folios.folioMarkAccessed(folio);
    folios.folioPut(folio);
  }
}
