// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.work;

/**
 * One task's work, as plain fields: whoever does a step adds to the field that names it.
 *
 * <p>Written by one thread. {@link WorkCounter} says what each field counts.
 */
public final class WorkCounters {
  public long addressesProbed;
  public long pageWalks;
  public long pgdEntries;
  public long pudEntries;
  public long pmdEntries;
  public long ptesRead;
  public long rmapWalks;
  public long rmapIterations;
  public long rmapOutOfRange;
  public long rmapMmMismatch;
  public long rmapSecondPasses;
  public long intervalNodes;
  public long treeNodes;
  public long bytesHashed;
  public long bytesCompared;
  public long ptesFound;
  public long folioGets;
  public long folioPuts;
  public long reschedPoints;
  public long maxEntriesBetweenResched;
  public long cacheFlushes;
  public long ksmdSleeps;
  public long ksmdBatches;

  private long entriesAtLastResched;

  /** Table entries of all levels read so far. */
  public long entries() {
    return pgdEntries + pudEntries + pmdEntries + ptesRead;
  }

  /** Counts a point where another task may run. */
  public void reschedPoint() {
    reschedPoints++;
    long entries = entries();
    maxEntriesBetweenResched = Math.max(maxEntriesBetweenResched, entries - entriesAtLastResched);
    entriesAtLastResched = entries;
  }

  /** Adds another task's work to this one; the largest stretch is the larger of the two. */
  public void add(WorkCounters other) {
    addressesProbed += other.addressesProbed;
    pageWalks += other.pageWalks;
    pgdEntries += other.pgdEntries;
    pudEntries += other.pudEntries;
    pmdEntries += other.pmdEntries;
    ptesRead += other.ptesRead;
    rmapWalks += other.rmapWalks;
    rmapIterations += other.rmapIterations;
    rmapOutOfRange += other.rmapOutOfRange;
    rmapMmMismatch += other.rmapMmMismatch;
    rmapSecondPasses += other.rmapSecondPasses;
    intervalNodes += other.intervalNodes;
    treeNodes += other.treeNodes;
    bytesHashed += other.bytesHashed;
    bytesCompared += other.bytesCompared;
    ptesFound += other.ptesFound;
    folioGets += other.folioGets;
    folioPuts += other.folioPuts;
    reschedPoints += other.reschedPoints;
    maxEntriesBetweenResched = Math.max(maxEntriesBetweenResched, other.maxEntriesBetweenResched);
    cacheFlushes += other.cacheFlushes;
    ksmdSleeps += other.ksmdSleeps;
    ksmdBatches += other.ksmdBatches;
  }
}
