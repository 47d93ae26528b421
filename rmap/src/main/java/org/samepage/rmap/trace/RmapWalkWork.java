// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap.trace;

/**
 * What one walk did.
 *
 * @param folio its pfn
 * @param iterations VMAs that the interval trees returned, in all
 * @param maxIterations the most in any one loop over a tree: one rmap_item, one pass
 * @param maxOutOfRange the most in any one loop that were passed over for the address
 * @param maxMmMismatch the most in any one loop that were passed over because it was not their mm's
 *     turn
 * @param ptesFound entries of the folio that the walk found
 * @param secondPasses second walks of a strategy that falls back
 */
public record RmapWalkWork(
    int folio,
    long iterations,
    long maxIterations,
    long maxOutOfRange,
    long maxMmMismatch,
    long ptesFound,
    long secondPasses) {}
