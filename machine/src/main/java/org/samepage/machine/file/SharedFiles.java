// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/shmem.c.
package org.samepage.machine.file;

import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageFlags;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.AddressSpace;

/**
 * The pages of files: of memfds, of what a shared anonymous mapping is of, and of files on a disk,
 * whose pages are zeros until they are written and are never written back.
 */
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
      differs = "order 0, no swap, not locked; of files on a disk too, where nothing is read")
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
        frames.setFlag(folio, PageFlags.PG_UPTODATE | (file.onDisk ? 0 : PageFlags.PG_SWAPBACKED));
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
    return filemapGetFolio(file, index, true);
  }

  private int filemapGetFolio(AddressSpace file, long index, boolean withinTheFile) {
    synchronized (file.lock) {
      boolean looks = !withinTheFile || file.covers(index);
      int folio = looks ? file.page(index) : Frames.NO_PAGE;
      if (folio != Frames.NO_PAGE) {
        folios.folioGet(folio);
      }
      return folio;
    }
  }

  /** Whether a page is still the file's, and not truncated. Holds the lock of a table. */
  public boolean stillHas(AddressSpace file, int folio) {
    synchronized (file.lock) {
      return file.page(folios.frames().index(folio)) == folio;
    }
  }

  /** Takes a page out of a file, if it is there. It must be unmapped once more after that. */
  @PortedFrom(
      value = {"mm/truncate.c:truncate_inode_folio", "mm/filemap.c:filemap_remove_folio"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "unmaps nothing")
  public void truncateInodeFolio(AddressSpace file, long index) {
    int folio = filemapGetFolio(file, index, false);
    if (folio == Frames.NO_PAGE) {
      return;
    }
    folios.folioLock(folio);
    boolean there;
    synchronized (file.lock) {
      there = file.page(index) == folio;
      if (there) {
        file.setPage(index, Frames.NO_PAGE);
      }
    }
    folios.folioUnlock(folio);
    if (there) {
      folios.folioPut(folio);
    }
    folios.folioPut(folio);
  }

  /** Zeroes the bytes {@code [from, to)} of a page, if it is there. */
  @PortedFrom(
      value = "mm/truncate.c:truncate_inode_partial_folio",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "order 0")
  public void truncateInodePartialFolio(AddressSpace file, long index, int from, int to) {
    int folio = filemapGetFolio(file, index, false);
    if (folio == Frames.NO_PAGE) {
      return;
    }
    for (int i = from; i < to; i++) {
      folios.setByte(folio, i, (byte) 0);
    }
    folios.folioMarkDirty(folio);
    folios.folioPut(folio);
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
