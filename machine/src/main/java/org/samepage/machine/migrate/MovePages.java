// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/migrate.c.
package org.samepage.machine.migrate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.pagewalk.FolioWalk;

/** move_pages: moves the pages at addresses to nodes, and says where each one is. */
public final class MovePages {
  /** Move a page that others map too. */
  public static final int MPOL_MF_MOVE_ALL = 1 << 2;

  /** Move a page that this process alone maps. */
  public static final int MPOL_MF_MOVE = 1 << 1;

  private static final int NUMA_NO_NODE = -1;
  private static final int QUEUED = 1;

  private final Folios folios;
  private final PageAllocator allocator;

  /** One for each thread: several may be at it at a time. */
  private final ThreadLocal<FolioWalk> folioWalks;

  private final MigratePages migrate;

  /** The system call. */
  public MovePages(
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
   * The system call, by a caller who may.
   *
   * @param pages addresses
   * @param nodes where to; null to ask where they are
   * @param status filled with a node, or a negative errno, for each page: {@code -ENOENT} where
   *     there is none, {@code -EFAULT} outside all mappings and for the zero page, {@code -EACCES}
   *     where others map it too, {@code -EBUSY} where it is being moved already
   * @param flags {@link #MPOL_MF_MOVE} or {@link #MPOL_MF_MOVE_ALL}
   * @return 0, the number of pages that were not moved, or a negative errno
   */
  @PortedFrom(
      value = "mm/migrate.c:kernel_move_pages",
      fidelity = Fidelity.ADAPTED,
      differs = "the process is given as its address space")
  public int kernelMovePages(Mm mm, long[] pages, int @Nullable [] nodes, int[] status, int flags) {
    if ((flags & ~(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)) != 0) {
      return -Errno.EINVAL;
    }
    if (nodes == null) {
      doPagesStatArray(mm, pages, status);
      return 0;
    }
    return doPagesMove(mm, pages, nodes, status, (flags & MPOL_MF_MOVE_ALL) != 0);
  }

  @PortedFrom("mm/migrate.c:do_pages_move")
  private int doPagesMove(Mm mm, long[] pages, int[] nodes, int[] status, boolean migrateAll) {
    int currentNode = NUMA_NO_NODE;
    List<Integer> pagelist = new ArrayList<>();
    int start = 0;
    int i = 0;
    int err = 0;
    for (; i < pages.length; i++) {
      int node = nodes[i];
      if (node < 0 || node >= allocator.nrNodeIds()) {
        err = -Errno.ENODEV;
        break;
      }
      if (currentNode == NUMA_NO_NODE) {
        currentNode = node;
        start = i;
      } else if (node != currentNode) {
        err = movePagesAndStoreStatus(currentNode, pagelist, status, start, i);
        if (err != 0) {
          return err;
        }
        start = i;
        currentNode = node;
      }
      int added = addFolioForMigration(mm, pages[i], currentNode, pagelist, migrateAll);
      if (added == QUEUED) {
        continue;
      }
      status[i] = added != 0 ? added : currentNode;
      err = movePagesAndStoreStatus(currentNode, pagelist, status, start, i);
      if (err != 0) {
        return err > 0 ? err - 1 : err; // page i is accounted for
      }
      currentNode = NUMA_NO_NODE;
    }
    int last = movePagesAndStoreStatus(currentNode, pagelist, status, start, i);
    return err >= 0 ? last : err;
  }

  @PortedFrom({"mm/migrate.c:move_pages_and_store_status", "mm/migrate.c:do_move_pages_to_node"})
  private int movePagesAndStoreStatus(
      int node, List<Integer> pagelist, int[] status, int start, int i) {
    if (pagelist.isEmpty()) {
      return 0;
    }
    MigratePages.Outcome outcome = migrate.migratePages(pagelist, node, true);
    pagelist.clear();
    if (outcome.error != 0) {
      return outcome.error;
    }
    if (outcome.failed > 0) {
      return outcome.failed + status.length - i;
    }
    Arrays.fill(status, start, i, node);
    return 0;
  }

  @PortedFrom(
      value = {
        "mm/migrate.c:add_folio_for_migration",
        "mm/migrate.c:__add_folio_for_migration",
        "include/linux/mempolicy.h:vma_migratable"
      },
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no hugetlb, no device memory")
  private int addFolioForMigration(
      Mm mm, long addr, int node, List<Integer> pagelist, boolean migrateAll) {
    mm.mmapLock.readLock();
    try {
      VmArea vma = mm.vmas.vmaLookup(addr);
      if (vma == null || vma.has(VmFlags.VM_IO | VmFlags.VM_PFNMAP)) {
        return -Errno.EFAULT;
      }
      int folio = folioWalks.get().folioWalkStart(vma, addr, FolioWalk.FW_ZEROPAGE);
      if (folio == Frames.NO_PAGE) {
        return -Errno.ENOENT;
      }
      int err = queue(folio, node, pagelist, migrateAll);
      folioWalks.get().folioWalkEnd();
      return err;
    } finally {
      mm.mmapLock.readUnlock();
    }
  }

  private int queue(int folio, int node, List<Integer> pagelist, boolean migrateAll) {
    if (isZeroFolio(folio)) {
      return -Errno.EFAULT;
    }
    if (allocator.pfnToNid(folio) == node) {
      return 0;
    }
    if (folios.folioMaybeMappedShared(folio) && !migrateAll) {
      return -Errno.EACCES;
    }
    if (!folios.folioIsolateLru(folio)) {
      return -Errno.EBUSY;
    }
    pagelist.add(folio);
    return QUEUED;
  }

  @PortedFrom({"include/linux/mm.h:is_zero_folio", "include/linux/huge_mm.h:is_huge_zero_folio"})
  private boolean isZeroFolio(int folio) {
    return Folios.isZeroPfn(folio) || folios.frames().isHugeZeroPfn(folio);
  }

  @PortedFrom("mm/migrate.c:do_pages_stat_array")
  private void doPagesStatArray(Mm mm, long[] pages, int[] status) {
    mm.mmapLock.readLock();
    for (int i = 0; i < pages.length; i++) {
      VmArea vma = mm.vmas.vmaLookup(pages[i]);
      int err = -Errno.EFAULT;
      if (vma != null) {
        int folio = folioWalks.get().folioWalkStart(vma, pages[i], FolioWalk.FW_ZEROPAGE);
        if (folio == Frames.NO_PAGE) {
          err = -Errno.ENOENT;
        } else {
          err = isZeroFolio(folio) ? -Errno.EFAULT : allocator.pfnToNid(folio);
          folioWalks.get().folioWalkEnd();
        }
      }
      status[i] = err;
    }
    mm.mmapLock.readUnlock();
  }
}
