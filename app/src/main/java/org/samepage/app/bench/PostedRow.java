// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

/**
 * What the posted benchmark prints of one kind of page, under one strategy.
 *
 * @param pageType {@code ksm}, {@code anon} or {@code file}
 * @param visits VMAs that the longest walk got from its queries
 * @param maxNs the longest walk [ns]
 * @param avgNs of all walks [ns]
 * @param count of walks
 */
public record PostedRow(
    String strategy, String pageType, long visits, long maxNs, long avgNs, int count) {}
