// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.spi;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.vma.VmArea;

/** A candidate page that a scan strategy found; whoever scans keeps one and uses it again. */
public final class ScanHit {
  /** The exact page, with a reference taken for the caller. */
  public int page = Frames.NO_PAGE;

  /** The VMA that maps it. */
  public @Nullable VmArea vma;

  public void set(int foundPage, VmArea foundIn) {
    page = foundPage;
    vma = foundIn;
  }
}
