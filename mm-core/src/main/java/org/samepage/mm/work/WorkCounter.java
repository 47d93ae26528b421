// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.work;

import java.util.Locale;
import java.util.function.ToLongFunction;

/** The work counters by name, in the order in which documents list them. */
public enum WorkCounter {
  /** Page address looked up on its own: a folio_walk_start of a scan or unmerge by address. */
  ADDRESSES_PROBED(w -> w.addressesProbed),
  /** Call of walk_page_range or walk_page_range_vma, restarts after each found page included. */
  PAGE_WALKS(w -> w.pageWalks),
  PGD_ENTRIES(w -> w.pgdEntries),
  PUD_ENTRIES(w -> w.pudEntries),
  PMD_ENTRIES(w -> w.pmdEntries),
  /** PTE read by a walk or a probe. */
  PTES_READ(w -> w.ptesRead),
  RMAP_WALKS(w -> w.rmapWalks),
  /** VMA returned by an interval-tree query of an rmap walk. */
  RMAP_ITERATIONS(w -> w.rmapIterations),
  /** Of those, skipped because the address lies outside the VMA. */
  RMAP_OUT_OF_RANGE(w -> w.rmapOutOfRange),
  /** Of those, skipped for the mm test. */
  RMAP_MM_MISMATCH(w -> w.rmapMmMismatch),
  /** Full-range second pass of a fallback strategy. */
  RMAP_SECOND_PASSES(w -> w.rmapSecondPasses),
  /** Node of an interval tree of VMAs that a query looked at. */
  INTERVAL_NODES(w -> w.intervalNodes),
  /** Node of the stable or unstable tree compared with. */
  TREE_NODES(w -> w.treeNodes),
  BYTES_HASHED(w -> w.bytesHashed),
  /** Byte up to and including the first difference. */
  BYTES_COMPARED(w -> w.bytesCompared),
  /** PTE of the folio found by an rmap walk. */
  PTES_FOUND(w -> w.ptesFound),
  FOLIO_GETS(w -> w.folioGets),
  FOLIO_PUTS(w -> w.folioPuts),
  RESCHED_POINTS(w -> w.reschedPoints),
  /** The largest number of entries read between two points where another task may run. */
  MAX_ENTRIES_BETWEEN_RESCHED(w -> w.maxEntriesBetweenResched),
  /** flush_anon_page or flush_dcache_page of a candidate. */
  CACHE_FLUSHES(w -> w.cacheFlushes),
  KSMD_SLEEPS(w -> w.ksmdSleeps),
  /** Call of ksm_do_scan. */
  KSMD_BATCHES(w -> w.ksmdBatches);

  @SuppressWarnings("ImmutableEnumChecker") // a reader of one field, without state
  private final ToLongFunction<WorkCounters> value;

  WorkCounter(ToLongFunction<WorkCounters> value) {
    this.value = value;
  }

  /** The name that documents and scenarios use: {@code ptes_read}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  public long of(WorkCounters work) {
    return value.applyAsLong(work);
  }
}
