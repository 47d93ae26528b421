// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/memory_hotplug.c.
package org.samepage.machine.migrate;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.pagewalk.FolioWalk;

/** Moves what is mapped in a range to other frames; with or without keeping the old ones in use. */
public final class OfflinePages {
  private final Folios folios;
  private final PageAllocator allocator;

  /** One for each thread: several may be at it at a time. */
  private final ThreadLocal<FolioWalk> folioWalks;

  private final MigratePages migrate;

  /** Moves by this migration. */
  public OfflinePages(
      Folios folios,
      PageAllocator allocator,
      Supplier<FolioWalk> folioWalks,
      MigratePages migrate) {
    this.folios = folios;
    this.allocator = allocator;
    this.folioWalks = ThreadLocal.withInitial(folioWalks);
    this.migrate = migrate;
  }

  /**
   * Moves each page of a range to another frame of its own node, as compaction does; pages that are
   * not there are passed over, and each is moved once however often it is mapped.
   *
   * @return 0; {@code -EBUSY} where one could not be moved; {@code -ENOMEM}
   */
  public int moveWithinNode(Mm mm, long start, long end) {
    Set<Long> moved = new HashSet<>();
    for (long addr = start; addr < end; addr += PAGE_SIZE) {
      int folio = isolate(mm, addr, moved);
      if (folio == BUSY) {
        return -Errno.EBUSY;
      }
      if (folio != Frames.NO_PAGE) {
        int err = move(folio, moved, true);
        if (err != 0) {
          return err;
        }
      }
    }
    return 0;
  }

  /**
   * Takes the frames out of use that are mapped in a range: what they hold is moved, to another
   * node if need be, and they are not handed out again.
   *
   * @return 0; {@code -EBUSY} where one cannot be freed; those before it are out then
   */
  @PortedFrom(
      value = {"mm/memory_hotplug.c:offline_pages", "mm/memory_hotplug.c:do_migrate_range"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "frame by frame, where the kernel takes whole blocks; tells no notifiers")
  public int offlinePages(Mm mm, long start, long end) {
    Set<Long> moved = new HashSet<>();
    for (long addr = start; addr < end; addr += PAGE_SIZE) {
      int folio = isolate(mm, addr, moved);
      if (folio == BUSY) {
        return -Errno.EBUSY;
      }
      if (folio != Frames.NO_PAGE
          && !offline(folio, folioWalks.get().page, (end - addr) / PAGE_SIZE, moved)) {
        return -Errno.EBUSY;
      }
    }
    return 0;
  }

  /** Moves a folio, and takes its frames out from one on, as many as the range has. */
  private boolean offline(int folio, int page, long most, Set<Long> moved) {
    int end = (int) Math.min(folio + folios.folioNrPages(folio), page + most);
    for (int frame = page; frame < end; frame++) {
      allocator.startIsolatePageRange(frame);
    }
    boolean done = move(folio, moved, false) == 0;
    for (int frame = page; !done && frame < end; frame++) {
      allocator.undoIsolatePageRange(frame);
    }
    return done;
  }

  private int move(int folio, Set<Long> moved, boolean thisNode) {
    MigratePages.Outcome outcome =
        migrate.migratePages(List.of(folio), allocator.pfnToNid(folio), thisNode);
    moved.add(outcome.moved);
    return outcome.error != 0 ? outcome.error : outcome.failed > 0 ? -Errno.EBUSY : 0;
  }

  private static final int BUSY = -2;

  private int isolate(Mm mm, long addr, Set<Long> moved) {
    mm.mmapLock.readLock();
    try {
      VmArea vma = mm.vmas.vmaLookup(addr);
      int folio = vma == null ? Frames.NO_PAGE : folioWalks.get().folioWalkStart(vma, addr, 0);
      if (folio == Frames.NO_PAGE) {
        return folio;
      }
      int result =
          moved.contains((long) folio)
              ? Frames.NO_PAGE
              : folios.folioIsolateLru(folio) ? folio : BUSY;
      folioWalks.get().folioWalkEnd();
      return result;
    } finally {
      mm.mmapLock.readUnlock();
    }
  }
}
