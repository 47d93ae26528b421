// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.sys;

import java.util.List;

/**
 * What the ioctl PAGEMAP_SCAN said.
 *
 * @param result the number of regions, or a negative errno
 * @param walkEnd where the walk ended
 */
public record PagemapScan(long result, long walkEnd, List<Extent> regions) {
  public PagemapScan {
    regions = List.copyOf(regions);
  }
}
