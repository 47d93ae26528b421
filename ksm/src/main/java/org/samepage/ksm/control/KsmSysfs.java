// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.control;

import static org.samepage.ksm.state.KsmKnobs.KSM_RUN_STOP;
import static org.samepage.ksm.state.KsmKnobs.KSM_RUN_UNMERGE;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.state.KsmKnobs;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.tree.StableNodes;
import org.samepage.ksm.unmerge.UnmergeAll;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmFlags;
import org.samepage.mm.work.ProbeBudget;

/**
 * The files of /sys/kernel/mm/ksm: what they show, and what writing them does.
 *
 * <p>A file is written as a whole; the result is 0 or the negative errno that write(2) would fail
 * with.
 */
public final class KsmSysfs {
  private final KsmState state;
  private final UnmergeAll unmergeAll;
  private final StableNodes nodes;
  private final RmapItemLayout layout;
  private final ProbeBudget budget;
  private final Map<String, Attribute> attributes = new LinkedHashMap<>();

  /** A file: how its number is read, and how a text is written; null where it is read-only. */
  private record Attribute(LongSupplier show, @Nullable ToIntFunction<String> store) {}

  public KsmSysfs(
      KsmState state,
      UnmergeAll unmergeAll,
      StableNodes nodes,
      RmapItemLayout layout,
      ProbeBudget budget) {
    this.state = state;
    this.unmergeAll = unmergeAll;
    this.nodes = nodes;
    this.layout = layout;
    this.budget = budget;
    ksmAttrs(state.knobs);
    addCounters();
  }

  /** The names of the files that hold a number. */
  public Set<String> numericNames() {
    return attributes.keySet();
  }

  /** Whether a file may be written. */
  public boolean isWritable(String name) {
    Attribute attribute = attributes.get(name);
    return attribute != null && attribute.store() != null;
  }

  /** The number that a file shows. */
  public long number(String name) {
    return attribute(name).show().getAsLong();
  }

  /** What reading a file gives, the newline at the end included. */
  public String show(String name) {
    return number(name) + "\n";
  }

  /**
   * Writes a file.
   *
   * @return 0 or a negative errno: {@code -EACCES} for a read-only file
   */
  public int store(String name, String text) {
    ToIntFunction<String> store = attribute(name).store();
    return store == null ? -Errno.EACCES : store.applyAsInt(text);
  }

  private Attribute attribute(String name) {
    Attribute attribute = attributes.get(name);
    if (attribute == null) {
      throw new IllegalArgumentException(
          "no attribute " + name + "; there are " + String.join(", ", attributes.keySet()));
    }
    return attribute;
  }

  @PortedFrom(
      value = "mm/ksm.c:ksm_attrs",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "advisor_mode is left out: there is no advisor yet")
  private void ksmAttrs(KsmKnobs knobs) {
    add(
        "sleep_millisecs",
        () -> uint(knobs.sleepMillisecs),
        t -> uint(t, v -> knobs.sleepMillisecs = v));
    add("pages_to_scan", () -> uint(knobs.pagesToScan), t -> uint(t, v -> knobs.pagesToScan = v));
    add("run", () -> knobs.run, this::runStore);
    add("merge_across_nodes", () -> bit(knobs.mergeAcrossNodes), this::mergeAcrossNodesStore);
    add("max_page_sharing", () -> knobs.maxPageSharing, this::maxPageSharingStore);
    add(
        "stable_node_chains_prune_millisecs",
        () -> uint(knobs.stableNodeChainsPruneMillisecs),
        t -> uint(t, v -> knobs.stableNodeChainsPruneMillisecs = v));
    add("use_zero_pages", () -> bit(knobs.useZeroPages), t -> bool(t, v -> knobs.useZeroPages = v));
    add("smart_scan", () -> bit(knobs.smartScan), t -> bool(t, v -> knobs.smartScan = v));
    add(
        "advisor_max_cpu",
        () -> uint(knobs.advisorMaxCpu),
        t -> ulong(t, 0, v -> knobs.advisorMaxCpu = (int) v));
    add(
        "advisor_min_pages_to_scan",
        () -> knobs.advisorMinPagesToScan,
        t -> ulong(t, 0, v -> knobs.advisorMinPagesToScan = v));
    add(
        "advisor_max_pages_to_scan",
        () -> knobs.advisorMaxPagesToScan,
        t -> ulong(t, 0, v -> knobs.advisorMaxPagesToScan = v));
    add(
        "advisor_target_scan_time",
        () -> knobs.advisorTargetScanTime,
        t -> ulong(t, 1, v -> knobs.advisorTargetScanTime = v));
  }

  private void addCounters() {
    add("pages_scanned", () -> state.ksmPagesScanned, null);
    add("pages_shared", () -> state.ksmPagesShared, null);
    add("pages_sharing", () -> state.ksmPagesSharing, null);
    add("pages_unshared", () -> state.ksmPagesUnshared, null);
    add("pages_volatile", this::pagesVolatileShow, null);
    add("pages_skipped", () -> state.ksmPagesSkipped, null);
    add("ksm_zero_pages", state.ksmZeroPages::get, null);
    add("full_scans", () -> state.ksmScan.seqnr, null);
    add("stable_node_chains", () -> state.ksmStableNodeChains, null);
    add("stable_node_dups", () -> state.ksmStableNodeDups, null);
    add("general_profit", this::generalProfitShow, null);
  }

  private void add(String name, LongSupplier show, @Nullable ToIntFunction<String> store) {
    attributes.put(name, new Attribute(show, store));
  }

  @PortedFrom(
      value = "mm/ksm.c:pages_volatile_show",
      fidelity = Fidelity.ADAPTED,
      differs = "returns the number")
  private long pagesVolatileShow() {
    long pages =
        state.ksmRmapItems - state.ksmPagesShared - state.ksmPagesSharing - state.ksmPagesUnshared;
    return Math.max(0, pages);
  }

  @PortedFrom(
      value = "mm/ksm.c:general_profit_show",
      fidelity = Fidelity.ADAPTED,
      differs = "returns the number")
  private long generalProfitShow() {
    return (state.ksmPagesSharing + state.ksmZeroPages.get()) * PAGE_SIZE
        - state.ksmRmapItems * layout.rmapItemSize();
  }

  /** What merging brings a process, less what its items cost [bytes]. */
  @PortedFrom("mm/ksm.c:ksm_process_profit")
  public long ksmProcessProfit(Mm mm) {
    return (mm.ksmMergingPages + mm.ksmZeroPages.get()) * PAGE_SIZE
        - mm.ksmRmapItems * layout.rmapItemSize();
  }

  /** Whether a process has a mapping that is mergeable. Holds its mmap_lock. */
  @PortedFrom("mm/ksm.c:ksm_process_mergeable")
  public static boolean ksmProcessMergeable(Mm mm) {
    mm.mmapLock.assertLocked();
    for (int i = 0; i < mm.vmas.size(); i++) {
      if (mm.vmas.get(i).has(VmFlags.VM_MERGEABLE)) {
        return true;
      }
    }
    return false;
  }

  /** 0 stops ksmd, 1 lets it run, 2 stops it and unmerges everything. */
  @PortedFrom(
      value = "mm/ksm.c:run_store",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "wakes nobody, as ksmd is stepped; no memory hot-remove to wait for")
  private int runStore(String text) {
    Kstrto number = new Kstrto();
    if (number.kstrtouint(text) != 0 || number.value > KSM_RUN_UNMERGE) {
      return -Errno.EINVAL;
    }
    int flags = (int) number.value;
    int err = 0;
    state.ksmThreadMutex.lock();
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
    return err;
  }

  @PortedFrom(
      value = "mm/ksm.c:merge_across_nodes_store",
      fidelity = Fidelity.ADAPTED,
      differs = "the trees of all nodes are there from the start")
  private int mergeAcrossNodesStore(String text) {
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
        () -> state.knobs.mergeAcrossNodes == knob, () -> state.knobs.mergeAcrossNodes = knob);
  }

  @PortedFrom("mm/ksm.c:max_page_sharing_store")
  private int maxPageSharingStore(String text) {
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
        () -> state.knobs.maxPageSharing == knob, () -> state.knobs.maxPageSharing = knob);
  }

  /** Changes a knob that may change only while no page is merged. */
  private int changeWithNothingShared(BooleanSupplier same, Runnable change) {
    int err = 0;
    state.ksmThreadMutex.lock();
    if (!same.getAsBoolean()) {
      if (state.ksmPagesShared != 0 || !nodes.removeAllStableNodes()) {
        err = -Errno.EBUSY;
      } else {
        change.run();
      }
    }
    state.ksmThreadMutex.unlock();
    return err;
  }

  private interface IntSetter {
    void set(int value);
  }

  private interface LongSetter {
    void set(long value);
  }

  private interface BooleanSetter {
    void set(boolean value);
  }

  private static int uint(String text, IntSetter setter) {
    Kstrto number = new Kstrto();
    if (number.kstrtouint(text) != 0) {
      return -Errno.EINVAL;
    }
    setter.set((int) number.value);
    return 0;
  }

  private static int ulong(String text, long least, LongSetter setter) {
    Kstrto number = new Kstrto();
    if (number.kstrtoul(text) != 0 || Long.compareUnsigned(number.value, least) < 0) {
      return -Errno.EINVAL;
    }
    setter.set(number.value);
    return 0;
  }

  private static int bool(String text, BooleanSetter setter) {
    Kstrto number = new Kstrto();
    if (number.kstrtobool(text) != 0) {
      return -Errno.EINVAL;
    }
    setter.set(number.value == 1);
    return 0;
  }

  private static long uint(int bits) {
    return Integer.toUnsignedLong(bits);
  }

  private static long bit(boolean value) {
    return value ? 1 : 0;
  }
}
