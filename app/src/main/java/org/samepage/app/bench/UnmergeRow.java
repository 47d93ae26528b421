// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import org.jspecify.annotations.Nullable;

/**
 * What it costs to unmerge a range of 32 TiB with one page in it.
 *
 * @param call the system call that unmerges it
 * @param entries table entries of all levels that the call reads
 * @param pageWalks walks that it begins
 * @param addressesProbed addresses that it looks up one by one, until it was stopped
 * @param probesNeeded what it would have needed, where it was stopped; else null
 * @param firstNanos of the first call of a new machine [ns]
 * @param nanos the median of the calls after that; null where it was stopped [ns]
 */
public record UnmergeRow(
    String call,
    String strategy,
    long entries,
    long pageWalks,
    long addressesProbed,
    @Nullable Long probesNeeded,
    long firstNanos,
    @Nullable Long nanos) {}
