// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import org.samepage.mm.port.PortedFrom;

/** What a walk's caller must hold. */
@PortedFrom("include/linux/pagewalk.h:page_walk_lock")
public enum PageWalkLock {
  /** mmap_lock for reading. */
  PGWALK_RDLOCK,
  /** mmap_lock for writing; the walk write-locks each VMA. */
  PGWALK_WRLOCK,
  /** mmap_lock for writing, and the VMAs write-locked already. */
  PGWALK_WRLOCK_VERIFY,
  /** A VMA read-locked, without mmap_lock. */
  PGWALK_VMA_RDLOCK_VERIFY
}
