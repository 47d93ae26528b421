// SPDX-License-Identifier: GPL-2.0-only
// Values of include/linux/huge_mm.h.
package org.samepage.machine.thp;

import org.samepage.mm.port.PortedFrom;

/** Who asks whether a mapping may have huge pages. */
@PortedFrom("include/linux/huge_mm.h:tva_type")
public enum TvaType {
  TVA_SMAPS,
  TVA_PAGEFAULT,
  TVA_KHUGEPAGED,
  TVA_FORCED_COLLAPSE
}
