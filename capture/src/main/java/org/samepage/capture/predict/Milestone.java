// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

/**
 * When a part of the saving is there.
 *
 * @param percent of the saving
 * @param pass the pass under way, from 1 on
 * @param scanned pages that ksmd has looked at
 * @param nanos time from the start of ksmd, its sleeps included
 */
public record Milestone(int percent, int pass, long scanned, long nanos) {}
