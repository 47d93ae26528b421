// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.race;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.PMD_SIZE;

import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.samepage.ksm.hotremove.KsmHotRemove;
import org.samepage.ksm.hotremove.KsmHotRemove.Action;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.migrate.MovePages;
import org.samepage.machine.testing.TestMachine;

/** What goes on beside the threads that write: pages move, are swapped out; knobs are turned. */
final class RaceHelpers {
  private static final List<String> STORES =
      List.of(
          "run=1",
          "run=2",
          "run=0",
          "run=1",
          "pages_to_scan=7",
          "sleep_millisecs=1",
          "max_page_sharing=3",
          "max_page_sharing=256",
          "merge_across_nodes=0",
          "merge_across_nodes=1",
          "use_zero_pages=1",
          "use_zero_pages=0",
          "smart_scan=1",
          "stable_node_chains_prune_millisecs=0");

  private static final Set<String> NO_FAILURES = Set.of("EBUSY", "EINVAL", "ENOSPC", "ENOMEM");

  private final TestMachine m;
  private final List<RaceMutator> mutators;

  RaceHelpers(TestMachine m, List<RaceMutator> mutators) {
    this.m = m;
    this.mutators = mutators;
  }

  private interface Move {
    void of(UserProcess process, long addr) throws SyscallException;
  }

  /** Where a page cannot be moved, or the process has gone, that is no failure. */
  private void each(SplittableRandom random, int times, Move move) {
    for (int i = 0; i < times; i++) {
      RaceMutator mutator = mutators.get(random.nextInt(mutators.size()));
      try {
        move.of(mutator.process(), mutator.somePage(random));
      } catch (SyscallException e) {
        if (!NO_FAILURES.contains(e.error())) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  /** Moves pages to either node, or to another frame of theirs. */
  void migrate(long seed, int times) {
    SplittableRandom random = new SplittableRandom(seed);
    each(
        random,
        times,
        (process, addr) -> {
          if (random.nextInt(3) == 0) {
            process.migrateWithinNode(addr, PAGE_SIZE);
          } else {
            var _ =
                process.movePages(
                    new long[] {addr},
                    new int[] {random.nextInt(2)},
                    new int[1],
                    MovePages.MPOL_MF_MOVE_ALL);
          }
        });
  }

  void reclaim(long seed, int times) {
    each(
        new SplittableRandom(seed), times, (process, addr) -> process.swapOut(addr, 2 * PAGE_SIZE));
  }

  /** Splits what waits for it; moves and swaps out all that a page table has. */
  void changeHugePages(long seed, int times) {
    SplittableRandom random = new SplittableRandom(seed);
    each(
        random,
        times,
        (process, addr) -> {
          long table = addr & -PMD_SIZE;
          switch (random.nextInt(8)) {
            case 0 -> process.swapOut(table, PMD_SIZE);
            case 1, 2 -> process.migrateWithinNode(table, PMD_SIZE);
            case 3, 4 -> {
              long[] pages = {table, table + PMD_SIZE - PAGE_SIZE};
              int node = random.nextInt(2);
              var _ =
                  process.movePages(
                      pages, new int[] {node, 1 - node}, new int[2], MovePages.MPOL_MF_MOVE_ALL);
            }
            default -> {
              var _ = m.machine.thp().deferredSplit().deferredSplitScan();
            }
          }
        });
  }

  /** Takes frames out of use; ksmd and those who write to sysfs wait meanwhile. */
  void takeOffline(long seed, int times) {
    SplittableRandom random = new SplittableRandom(seed);
    KsmHotRemove hotRemove = m.machine.ksm().hotRemove();
    each(
        random,
        times,
        (process, addr) -> {
          hotRemove.ksmMemoryCallback(Action.MEM_GOING_OFFLINE, 0, 0);
          try {
            process.offline(addr, PAGE_SIZE * (1 + random.nextInt(3)));
          } finally {
            hotRemove.ksmMemoryCallback(Action.MEM_OFFLINE, 0, 0);
          }
        });
  }

  /** Writes to sysfs; ksmd runs afterwards. */
  void turnKnobs(long seed, int times) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < times; i++) {
      String[] store = STORES.get(random.nextInt(STORES.size())).split("=");
      var _ = m.store(store[0], store[1]); // EBUSY while pages are merged
    }
    var _ = m.store("run", "1");
  }
}
