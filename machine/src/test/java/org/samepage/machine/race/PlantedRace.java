// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.race;

import java.util.List;
import org.samepage.machine.race.RacePlan.Focus;

/** Races that Linux had, or that a check of its keeps out; each without that check. */
enum PlantedRace {
  /**
   * A page table that was found empty, and freed, between the look at the word above and its lock.
   */
  STALE_PMD(Focus.ALL, 43, new Plant("Fault", "unchanged", "inPlace", 1, "1")),

  /** ksm_get_folio does not look at kpfn again where the mapping is not the node's. */
  KPFN_NOT_READ_AGAIN(
      Focus.MIGRATION, 8, new Plant("StableNodes", "ksmGetFolio", "kpfn", 2, "local 3")),

  /** ksm_get_folio does not look at the mapping again once it has the folio lock. */
  MAPPING_NOT_CHECKED_UNDER_LOCK(
      Focus.MIGRATION,
      248,
      new Plant("StableNodes", "ksmGetFolio", "folioRawMapping", 1, "local 1")),

  /** ksm_get_folio takes a folio whose count migration has frozen for one that was freed. */
  FROZEN_TAKEN_FOR_FREE(
      Focus.SWAP, 27, new Plant("StableNodes", "getIfStillIts", "folioTestSwapcache", 1, "0")),

  /** An exit frees the slot under ksmd's cursor. */
  SLOT_FREED_UNDER_CURSOR(Focus.ALL, 1, new Plant("KsmSlots", "ksmExitRaw", "mmSlot", 1, "noSlot")),

  /** write_protect_page does not count references: somebody who got the page may still write it. */
  REFERENCES_NOT_COUNTED(
      Focus.WRITES_FROM_OUTSIDE,
      13,
      new Plant("PageReplacer", "protect", "folioRefCount", 1, "countAsHoped")),

  /** replace_page does not compare the entry with what write_protect_page left. */
  PTE_NOT_COMPARED(Focus.WRITES, 1, new Plant("PageReplacer", "replacePage", "get", 1, "local 4")),

  /** try_to_merge_one_page does not compare the contents again once they cannot change. */
  CONTENTS_NOT_COMPARED_AGAIN(
      Focus.WRITES, 8, new Plant("PageMerger", "tryToMergeOnePage", "memcmpPages", 1, "0")),

  /** break_ksm does not look again after a fault, which may have backed off. */
  FAULT_NOT_REPEATED(
      Focus.ALL,
      36,
      new Plant("PerAddressUnmergeStrategy", "breakPage", "handleMmFault", 1, "faultOnce")),

  /** find_mergeable_vma does not ask whether the VMA is still mergeable. */
  VMA_NOT_ASKED_AGAIN(Focus.ALL, 30, new Plant("MergeableVmas", "findMergeableVma", "has", 1, "1")),

  /** An item leaves its stable node without the folio lock, under the eyes of an rmap walk. */
  LIST_CHANGED_WITHOUT_FOLIO_LOCK(
      Focus.MIGRATION,
      3,
      new Plant("RmapItems", "removeStable", "KSM_GET_FOLIO_LOCK", 1, "withoutLock"),
      new Plant("RmapItems", "removeStable", "folioUnlock", 1, "nothing")),

  /** do_swap_page does not compare the entry with the one it brought the page back for. */
  SWAP_ENTRY_NOT_COMPARED(
      Focus.ALL, 606, new Plant("SwapFaults", "doSwapPage", "unchanged", 2, "1"));

  @SuppressWarnings("ImmutableEnumChecker") // List.of
  final List<Plant> plants;

  /** What the runs are about that find it. */
  final Focus focus;

  /** The first seed that is known to find it. */
  final long from;

  PlantedRace(Focus focus, long from, Plant... plants) {
    this.focus = focus;
    this.from = from;
    this.plants = List.of(plants);
  }
}
