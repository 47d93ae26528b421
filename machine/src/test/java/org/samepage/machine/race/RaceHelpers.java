// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.race;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;

import java.util.List;
import java.util.SplittableRandom;
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
        if (!e.getMessage().contains("EBUSY") && !e.getMessage().contains("EINVAL")) {
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
