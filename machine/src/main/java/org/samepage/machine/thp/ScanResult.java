// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/khugepaged.c.
package org.samepage.machine.thp;

import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** What came of an attempt to collapse 2 MiB of a mapping into a huge page. */
@PortedFrom(
    value = "mm/khugepaged.c:scan_result",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "what MADV_COLLAPSE can meet in anonymous memory here")
enum ScanResult {
  SCAN_SUCCEED,
  SCAN_PMD_MAPPED,
  SCAN_FAIL,
  SCAN_PMD_NULL,
  SCAN_PMD_NONE,
  SCAN_PTE_NON_PRESENT,
  SCAN_PTE_UFFD_WP,
  SCAN_EXCEED_NONE_PTE,
  SCAN_PAGE_NULL,
  SCAN_PAGE_ANON,
  SCAN_PAGE_LOCK,
  SCAN_PAGE_COUNT,
  SCAN_PAGE_LRU,
  SCAN_DEL_PAGE_LRU,
  SCAN_ANY_PROCESS,
  SCAN_VMA_NULL,
  SCAN_ADDRESS_RANGE,
  SCAN_VMA_CHECK,
  SCAN_ALLOC_HUGE_PAGE_FAIL;

  boolean succeeded() {
    return this == SCAN_SUCCEED || this == SCAN_PMD_MAPPED;
  }

  /** Whether the next 2 MiB are tried all the same. */
  @PortedFrom(value = "mm/khugepaged.c:madvise_collapse", part = true)
  boolean goesOn() {
    return switch (this) {
      case SCAN_PMD_NULL,
          SCAN_PTE_NON_PRESENT,
          SCAN_PTE_UFFD_WP,
          SCAN_PAGE_NULL,
          SCAN_PAGE_COUNT,
          SCAN_PAGE_LOCK,
          SCAN_PAGE_LRU,
          SCAN_DEL_PAGE_LRU ->
          true;
      default -> succeeded();
    };
  }

  /** What madvise returns for it. */
  @PortedFrom("mm/khugepaged.c:madvise_collapse_errno")
  int madviseCollapseErrno() {
    return switch (this) {
      case SCAN_ALLOC_HUGE_PAGE_FAIL -> -Errno.ENOMEM;
      case SCAN_EXCEED_NONE_PTE -> -Errno.EBUSY;
      case SCAN_PAGE_COUNT, SCAN_PAGE_LOCK, SCAN_PAGE_LRU, SCAN_DEL_PAGE_LRU -> -Errno.EAGAIN;
      default -> -Errno.EINVAL;
    };
  }
}
