// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
package org.samepage.ksm.control;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.advisor.Advisors;
import org.samepage.ksm.hotremove.KsmHotRemove;
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
  private final KsmStores stores;
  private final Advisors advisors;
  private final RmapItemLayout layout;
  private final Map<String, Attribute> attributes = new LinkedHashMap<>();

  /**
   * A file.
   *
   * @param number how its number is read; null where it shows a text
   * @param show its text without the newline
   * @param store how a text is written; null where it is read-only
   */
  private record Attribute(
      @Nullable LongSupplier number,
      Supplier<String> show,
      @Nullable ToIntFunction<String> store) {}

  public KsmSysfs(
      KsmState state,
      UnmergeAll unmergeAll,
      StableNodes nodes,
      KsmHotRemove hotRemove,
      Advisors advisors,
      RmapItemLayout layout,
      ProbeBudget budget) {
    this.state = state;
    this.stores = new KsmStores(state, unmergeAll, nodes, hotRemove, advisors, budget);
    this.advisors = advisors;
    this.layout = layout;
    ksmAttrs(state.knobs);
  }

  /** The names of all files. */
  public Set<String> names() {
    return attributes.keySet();
  }

  /** The names of the files that hold a number. */
  public Set<String> numericNames() {
    Set<String> names = new LinkedHashSet<>(attributes.keySet());
    names.removeIf(name -> attribute(name).number() == null);
    return names;
  }

  /** Whether a file may be written. */
  public boolean isWritable(String name) {
    Attribute attribute = attributes.get(name);
    return attribute != null && attribute.store() != null;
  }

  /** The number that a file shows. */
  public long number(String name) {
    LongSupplier number = attribute(name).number();
    if (number == null) {
      throw new IllegalArgumentException(name + " holds no number");
    }
    return number.getAsLong();
  }

  /** What reading a file gives, the newline at the end included. */
  public String show(String name) {
    return attribute(name).show().get() + "\n";
  }

  /**
   * Writes a file. To write nothing is no error, and asks no attribute.
   *
   * @return 0 or a negative errno: {@code -EACCES} for a read-only file
   */
  public int store(String name, String text) {
    ToIntFunction<String> store = attribute(name).store();
    if (store == null) {
      return -Errno.EACCES;
    }
    return text.isEmpty() ? 0 : store.applyAsInt(text); // sysfs_kf_write
  }

  private Attribute attribute(String name) {
    Attribute attribute = attributes.get(name);
    if (attribute == null) {
      throw new IllegalArgumentException(
          "no attribute " + name + "; there are " + String.join(", ", attributes.keySet()));
    }
    return attribute;
  }

  /** In the kernel's order. */
  @PortedFrom(
      value = {
        "mm/ksm.c:ksm_attrs",
        "mm/ksm.c:sleep_millisecs_show",
        "mm/ksm.c:pages_to_scan_show",
        "mm/ksm.c:run_show",
        "mm/ksm.c:merge_across_nodes_show",
        "mm/ksm.c:max_page_sharing_show",
        "mm/ksm.c:stable_node_chains_show",
        "mm/ksm.c:stable_node_dups_show",
        "mm/ksm.c:stable_node_chains_prune_millisecs_show",
        "mm/ksm.c:stable_node_chains_prune_millisecs_store",
        "mm/ksm.c:use_zero_pages_show",
        "mm/ksm.c:use_zero_pages_store",
        "mm/ksm.c:smart_scan_show",
        "mm/ksm.c:smart_scan_store"
      },
      fidelity = Fidelity.ADAPTED,
      differs = "functions that show or set a number are lines of a table")
  private void ksmAttrs(KsmKnobs knobs) {
    add("sleep_millisecs", () -> uint(knobs.sleepMillisecs), stores::sleepMillisecsStore);
    add("pages_to_scan", () -> uint(knobs.pagesToScan), stores::pagesToScanStore);
    add("run", () -> knobs.run, stores::runStore);
    showCounters();
    add("merge_across_nodes", () -> bit(knobs.mergeAcrossNodes), stores::mergeAcrossNodesStore);
    add("max_page_sharing", () -> knobs.maxPageSharing, stores::maxPageSharingStore);
    add("stable_node_chains", () -> state.ksmStableNodeChains, null);
    add("stable_node_dups", () -> state.ksmStableNodeDups, null);
    add(
        "stable_node_chains_prune_millisecs",
        () -> uint(knobs.stableNodeChainsPruneMillisecs),
        t -> storeUint(t, v -> knobs.stableNodeChainsPruneMillisecs = v));
    add(
        "use_zero_pages",
        () -> bit(knobs.useZeroPages),
        t -> storeBool(t, v -> knobs.useZeroPages = v));
    add("general_profit", this::generalProfitShow, null);
    add("smart_scan", () -> bit(knobs.smartScan), t -> storeBool(t, v -> knobs.smartScan = v));
    advisorAttrs(knobs);
  }

  @PortedFrom(
      value = {
        "mm/ksm.c:pages_scanned_show",
        "mm/ksm.c:pages_shared_show",
        "mm/ksm.c:pages_sharing_show",
        "mm/ksm.c:pages_unshared_show",
        "mm/ksm.c:pages_skipped_show",
        "mm/ksm.c:ksm_zero_pages_show",
        "mm/ksm.c:full_scans_show"
      },
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "functions that show or set a number are lines of a table")
  private void showCounters() {
    add("pages_scanned", () -> state.ksmPagesScanned, null);
    add("pages_shared", () -> state.ksmPagesShared, null);
    add("pages_sharing", () -> state.ksmPagesSharing, null);
    add("pages_unshared", () -> state.ksmPagesUnshared, null);
    add("pages_volatile", this::pagesVolatileShow, null);
    add("pages_skipped", () -> state.ksmPagesSkipped, null);
    add("ksm_zero_pages", state.ksmZeroPages::get, null);
    add("full_scans", () -> state.ksmScan.seqnr, null);
  }

  @PortedFrom(
      value = {
        "mm/ksm.c:advisor_max_cpu_show",
        "mm/ksm.c:advisor_max_cpu_store",
        "mm/ksm.c:advisor_min_pages_to_scan_show",
        "mm/ksm.c:advisor_min_pages_to_scan_store",
        "mm/ksm.c:advisor_max_pages_to_scan_show",
        "mm/ksm.c:advisor_max_pages_to_scan_store",
        "mm/ksm.c:advisor_target_scan_time_show",
        "mm/ksm.c:advisor_target_scan_time_store"
      },
      part = true,
      fidelity = Fidelity.ADAPTED,
      differs = "functions that show or set a number are lines of a table")
  private void advisorAttrs(KsmKnobs knobs) {
    attributes.put(
        "advisor_mode", new Attribute(null, this::advisorModeShow, stores::advisorModeStore));
    add(
        "advisor_max_cpu",
        () -> uint(knobs.advisorMaxCpu),
        t -> storeUlong(t, 0, v -> knobs.advisorMaxCpu = (int) v));
    add(
        "advisor_min_pages_to_scan",
        () -> knobs.advisorMinPagesToScan,
        t -> storeUlong(t, 0, v -> knobs.advisorMinPagesToScan = v));
    add(
        "advisor_max_pages_to_scan",
        () -> knobs.advisorMaxPagesToScan,
        t -> storeUlong(t, 0, v -> knobs.advisorMaxPagesToScan = v));
    add(
        "advisor_target_scan_time",
        () -> knobs.advisorTargetScanTime,
        t -> storeUlong(t, 1, v -> knobs.advisorTargetScanTime = v));
  }

  private void add(String name, LongSupplier number, @Nullable ToIntFunction<String> store) {
    attributes.put(name, new Attribute(number, () -> text(name, number.getAsLong()), store));
  }

  /** Three are printed as signed, all others as unsigned. */
  private static String text(String name, long value) {
    return switch (name) {
      case "pages_volatile", "ksm_zero_pages", "general_profit" -> Long.toString(value);
      default -> Long.toUnsignedString(value);
    };
  }

  @PortedFrom(
      value = "mm/ksm.c:advisor_mode_show",
      fidelity = Fidelity.ADAPTED,
      differs = "lists those registered")
  private String advisorModeShow() {
    return advisors.listing();
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

  private interface IntSetter {
    void set(int value);
  }

  private interface LongSetter {
    void set(long value);
  }

  private interface BooleanSetter {
    void set(boolean value);
  }

  private static int storeUint(String text, IntSetter setter) {
    Kstrto number = new Kstrto();
    if (number.kstrtouint(text) != 0) {
      return -Errno.EINVAL;
    }
    setter.set((int) number.value);
    return 0;
  }

  private static int storeUlong(String text, long least, LongSetter setter) {
    Kstrto number = new Kstrto();
    if (number.kstrtoul(text) != 0 || Long.compareUnsigned(number.value, least) < 0) {
      return -Errno.EINVAL;
    }
    setter.set(number.value);
    return 0;
  }

  private static int storeBool(String text, BooleanSetter setter) {
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
