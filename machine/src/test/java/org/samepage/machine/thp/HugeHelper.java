// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.thp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.samepage.machine.testing.TestMachine.page;

import java.util.List;
import java.util.SplittableRandom;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.migrate.MovePages;
import org.samepage.machine.testing.TestMachine;

/**
 * One thread that acts on the processes of others: moves what they have to another node, swaps it
 * out, splits it, and takes frames out of use.
 */
final class HugeHelper implements Runnable {
  private static final long PAGE = 4096;

  private final TestMachine m;
  private final List<HugeWorker> workers;
  private final SplittableRandom random;
  private final int operations;

  HugeHelper(TestMachine m, List<HugeWorker> workers, long seed, int operations) {
    this.m = m;
    this.workers = workers;
    this.random = new SplittableRandom(seed);
    this.operations = operations;
  }

  @Override
  public void run() {
    for (int i = 0; i < operations; i++) {
      try {
        step(workers.get(random.nextInt(workers.size())).process());
      } catch (SyscallException e) {
        // in use elsewhere; or the process has exited
        assertThat(e.error()).isIn("EBUSY", "EINVAL", "ENOSPC", "ENOMEM");
      }
    }
  }

  private void step(UserProcess of) throws SyscallException {
    long from = page(random.nextInt(HugeWorker.PAGES));
    long huge = page(512L * random.nextInt(HugeWorker.HUGE_PAGES));
    switch (random.nextInt(8)) {
      case 0 -> of.swapOut(huge, 512 * PAGE);
      case 1 -> of.swapOut(from, PAGE * (1 + random.nextInt(20)));
      case 2 -> of.offline(from, PAGE * (1 + random.nextInt(4)));
      case 3 -> of.migrateWithinNode(huge, PAGE);
      case 4 -> {
        var _ = m.machine.thp().deferredSplit().deferredSplitScan();
      }
      default -> {
        int node = random.nextInt(2);
        long[] pages = {huge, from, page(random.nextInt(HugeWorker.PAGES))};
        var _ =
            of.movePages(
                pages,
                new int[] {node, node, 1 - node},
                new int[pages.length],
                MovePages.MPOL_MF_MOVE_ALL);
      }
    }
  }
}
