// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.predict;

import org.samepage.capture.format.CapturedProcess;

/**
 * What merging brings one process, as its ksm_stat says.
 *
 * @param mergingPages pages of it that are merged
 * @param rmapItems items that ksmd keeps for it
 * @param profit {@code ksm_process_profit} [bytes]
 */
public record ProcessProfit(
    CapturedProcess process, long mergingPages, long zeroPages, long rmapItems, long profit) {}
