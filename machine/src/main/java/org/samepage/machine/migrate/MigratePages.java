// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/migrate.c.
package org.samepage.machine.migrate;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;
import org.samepage.rmap.split.SplitFolio;

/** Moves folios, and tries again where somebody has a reference that may go away. */
public final class MigratePages {
  private static final int NR_MAX_MIGRATE_PAGES_RETRY = 10;

  private final Sched sched;
  private final Folios folios;
  private final PageAllocator allocator;
  private final MigrateFolio migrate;
  private final SplitFolio splitFolio;

  public MigratePages(
      Sched sched,
      Folios folios,
      PageAllocator allocator,
      MigrateFolio migrate,
      SplitFolio splitFolio) {
    this.splitFolio = splitFolio;
    this.sched = sched;
    this.folios = folios;
    this.allocator = allocator;
    this.migrate = migrate;
  }

  /** What came of a list of folios. */
  public static final class Outcome {
    /** Folios that stayed where they are. */
    public int failed;

    /** {@code -ENOMEM} where the node was full, else 0. */
    public int error;

    /** The new folio of the last one that was moved. */
    public long moved = -1;
  }

  /**
   * Moves folios to a node.
   *
   * @param list isolated folios; all are given back
   * @param thisNode whether no other node will do where this one is full
   */
  @PortedFrom(
      value = {"mm/migrate.c:migrate_pages", "mm/migrate.c:putback_movable_pages"},
      fidelity = Fidelity.SIMPLIFIED,
      differs = "one folio after the other; MIGRATE_SYNC")
  public Outcome migratePages(List<Integer> list, int nid, boolean thisNode) {
    Outcome outcome = new Outcome();
    Deque<Integer> left = new ArrayDeque<>(list);
    while (!left.isEmpty()) {
      int folio = left.remove();
      boolean large = folios.folioTestLarge(folio);
      if (large
          && folios.deferredSplit().folioTestPartiallyMapped(folio)
          && trySplitFolio(folio, left)) {
        continue;
      }
      long moved = outcome.error == 0 ? attempts(folio, nid, thisNode) : -Errno.ENOMEM;
      if (large && moved == -Errno.ENOMEM && trySplitFolio(folio, left)) {
        continue;
      }
      if (moved >= -1) {
        outcome.moved = moved;
        continue;
      }
      outcome.failed++;
      outcome.error = moved == -Errno.ENOMEM ? -Errno.ENOMEM : outcome.error;
      folios.folioPutbackLru(folio);
    }
    return outcome;
  }

  /** Splits a large folio that is isolated; its pages are isolated then, and last in the list. */
  @PortedFrom(
      value = "mm/migrate.c:try_split_folio",
      fidelity = Fidelity.ADAPTED,
      differs = "true for success")
  private boolean trySplitFolio(int folio, Deque<Integer> left) {
    if (!folios.folioTrylock(folio)) {
      return false;
    }
    boolean split = splitFolio.splitFolioToList(folio, left) == 0;
    folios.folioUnlock(folio);
    if (split) {
      left.addLast(folio);
    }
    return split;
  }

  private long attempts(int folio, int nid, boolean thisNode) {
    int nodes = thisNode ? 1 : allocator.nrNodeIds();
    long moved = -Errno.ENOMEM;
    for (int i = 0; i < nodes && moved == -Errno.ENOMEM; i++) {
      moved = attempts(folio, (nid + i) % allocator.nrNodeIds());
    }
    return moved;
  }

  private long attempts(int folio, int nid) {
    long moved = -Errno.EAGAIN;
    for (int i = 0; i < NR_MAX_MIGRATE_PAGES_RETRY && moved == -Errno.EAGAIN; i++) {
      sched.condResched();
      moved = migrate.migrateFolioUnmap(folio, nid);
    }
    return moved;
  }
}
