// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.control;

import static org.samepage.ksm.state.KsmKnobs.KSM_RUN_MERGE;
import static org.samepage.ksm.state.KsmKnobs.KSM_RUN_STOP;
import static org.samepage.ksm.state.KsmKnobs.KSM_RUN_UNMERGE;

import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import org.samepage.ksm.advisor.Advisors;
import org.samepage.ksm.hotremove.KsmHotRemove;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.tree.StableNodes;
import org.samepage.ksm.unmerge.UnmergeAll;
import org.samepage.mm.alloc.KmemCache;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.work.ProbeBudget;

/** What writing those files does that do more than set a number. All: 0 or a negative errno. */
final class KsmStores {
  private final KsmState state;
  private final UnmergeAll unmergeAll;
  private final StableNodes nodes;
  private final KsmHotRemove hotRemove;
  private final Advisors advisors;
  private final ProbeBudget budget;

  KsmStores(
      KsmState state,
      UnmergeAll unmergeAll,
      StableNodes nodes,
      KsmHotRemove hotRemove,
      Advisors advisors,
      ProbeBudget budget) {
    this.state = state;
    this.unmergeAll = unmergeAll;
    this.nodes = nodes;
    this.hotRemove = hotRemove;
    this.advisors = advisors;
    this.budget = budget;
  }

  /** Sleeps from now on are so long; the one under way ends. */
  @PortedFrom("mm/ksm.c:sleep_millisecs_store")
  int sleepMillisecsStore(String text) {
    Kstrto number = new Kstrto();
    if (number.kstrtouint(text) != 0) {
      return -Errno.EINVAL;
    }
    state.knobs.sleepMillisecs = (int) number.value;
    state.ksmIterWait.wakeUp();
    return 0;
  }

  @PortedFrom("mm/ksm.c:pages_to_scan_store")
  int pagesToScanStore(String text) {
    Kstrto number = new Kstrto();
    if (!advisors.chosen().leavesPagesToScan() || number.kstrtouint(text) != 0) {
      return -Errno.EINVAL;
    }
    state.knobs.pagesToScan = (int) number.value;
    return 0;
  }

  /** 0 stops ksmd, 1 lets it run and wakes it, 2 stops it and unmerges everything. */
  @PortedFrom(
      value = "mm/ksm.c:run_store",
      fidelity = Fidelity.ADAPTED,
      differs = "no OOM killer to be the first choice of")
  int runStore(String text) {
    Kstrto number = new Kstrto();
    if (number.kstrtouint(text) != 0 || number.value > KSM_RUN_UNMERGE) {
      return -Errno.EINVAL;
    }
    int flags = (int) number.value;
    int err = 0;
    state.ksmThreadMutex.lock();
    hotRemove.waitWhileOfflining();
    if (state.knobs.run != flags) {
      state.knobs.run = flags;
      if ((flags & KSM_RUN_UNMERGE) != 0) {
        budget.startOperation(unmergeAll::probesNeeded);
        err = unmergeAll.unmergeAndRemoveAllRmapItems();
        if (err != 0) {
          state.knobs.run = KSM_RUN_STOP;
        }
      }
    }
    state.ksmThreadMutex.unlock();
    if ((flags & KSM_RUN_MERGE) != 0) {
      state.ksmThreadWait.wakeUp();
    }
    return err;
  }

  @PortedFrom(
      value = "mm/ksm.c:merge_across_nodes_store",
      fidelity = Fidelity.ADAPTED,
      differs = "the trees of all nodes are there from the start; counted as made on first use")
  int mergeAcrossNodesStore(String text) {
    Kstrto number = new Kstrto();
    int err = number.kstrtoul(text);
    if (err != 0) {
      return err;
    }
    if (Long.compareUnsigned(number.value, 1) > 0) {
      return -Errno.EINVAL;
    }
    boolean knob = number.value == 1;
    return changeWithNothingShared(
        () -> state.knobs.mergeAcrossNodes == knob,
        () -> {
          KmemCache trees = state.caches.trees;
          if (trees.activeObjects() == 0 && !trees.kmemCacheAllocNoprof()) {
            return -Errno.ENOMEM;
          }
          state.knobs.mergeAcrossNodes = knob;
          return 0;
        });
  }

  @PortedFrom("mm/ksm.c:max_page_sharing_store")
  int maxPageSharingStore(String text) {
    Kstrto number = new Kstrto();
    int err = number.kstrtoint(text);
    if (err != 0) {
      return err;
    }
    if (number.value < 2) {
      return -Errno.EINVAL;
    }
    int knob = (int) number.value;
    if (state.knobs.maxPageSharing == knob) {
      return 0;
    }
    return changeWithNothingShared(
        () -> state.knobs.maxPageSharing == knob,
        () -> {
          state.knobs.maxPageSharing = knob;
          return 0;
        });
  }

  /** Changes a knob that may change only while no page is merged. */
  private int changeWithNothingShared(BooleanSupplier same, IntSupplier change) {
    int err = 0;
    state.ksmThreadMutex.lock();
    hotRemove.waitWhileOfflining();
    if (!same.getAsBoolean()) {
      if (state.ksmPagesShared != 0 || !nodes.removeAllStableNodes()) {
        err = -Errno.EBUSY;
      } else {
        err = change.getAsInt();
      }
    }
    state.ksmThreadMutex.unlock();
    return err;
  }

  /** Chooses an advisor by its name; one that is chosen already keeps what it has learnt. */
  @PortedFrom(
      value = "mm/ksm.c:advisor_mode_store",
      fidelity = Fidelity.ADAPTED,
      differs = "among those registered")
  int advisorModeStore(String text) {
    for (String name : advisors.names()) {
      if (Kstrto.sysfsStreq(name, text)) {
        advisors.choose(name);
        return 0;
      }
    }
    return -Errno.EINVAL;
  }
}
