// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import java.util.ArrayList;
import java.util.List;
import org.samepage.mm.vma.VmArea;

/** Remembers where a walk came by, and ends it after {@link #last} places. */
class Seen extends RmapWalkControl {
  final List<VmArea> vmas = new ArrayList<>();
  final List<Long> addresses = new ArrayList<>();
  int last = Integer.MAX_VALUE;

  @Override
  public boolean rmapOne(int folio, VmArea vma, long addr) {
    vmas.add(vma);
    addresses.add(addr);
    return vmas.size() < last;
  }
}
