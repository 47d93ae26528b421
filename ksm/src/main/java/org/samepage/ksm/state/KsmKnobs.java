// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.state;

import org.samepage.mm.port.PortedFrom;

/** What /sys/kernel/mm/ksm sets, with the kernel's defaults. */
@PortedFrom("mm/ksm.c:ksm_run")
public final class KsmKnobs {
  public static final int KSM_RUN_STOP = 0;
  public static final int KSM_RUN_MERGE = 1;
  public static final int KSM_RUN_UNMERGE = 2;

  /** Memory is going offline: the stable tree may not be touched. */
  public static final int KSM_RUN_OFFLINE = 4;

  public static final int DEFAULT_PAGES_TO_SCAN = 100;

  /** {@code run}: one of the first three above, with {@link #KSM_RUN_OFFLINE} added. */
  public volatile int run = KSM_RUN_STOP;

  /** Unsigned, as all figures of pages and milliseconds here. */
  public volatile int pagesToScan = DEFAULT_PAGES_TO_SCAN;

  public volatile int sleepMillisecs = 20;
  public volatile int maxPageSharing = 256;
  public volatile int stableNodeChainsPruneMillisecs = 2000;
  public volatile boolean mergeAcrossNodes = true;
  public volatile boolean useZeroPages;
  public volatile boolean smartScan = true;

  public volatile int advisorMaxCpu = 70;
  public volatile long advisorMinPagesToScan = 500;
  public volatile long advisorMaxPagesToScan = 30_000;
  public volatile long advisorTargetScanTime = 200;
}
