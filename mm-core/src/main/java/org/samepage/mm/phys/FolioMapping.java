// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.phys;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * What a folio belongs to: an anon_vma, a KSM stable node, a file.
 *
 * <p>The kernel keeps a pointer with the kind in its low two bits; here the object says its kind.
 */
@PortedFrom(
    value = "include/linux/page-flags.h:FOLIO_MAPPING_FLAGS",
    fidelity = Fidelity.ADAPTED,
    differs = "the tag is a method of the object that is pointed to")
public interface FolioMapping {
  int FOLIO_MAPPING_ANON = 1;
  int FOLIO_MAPPING_ANON_KSM = 2;
  int FOLIO_MAPPING_KSM = FOLIO_MAPPING_ANON | FOLIO_MAPPING_ANON_KSM;

  /** A KSM folio whose stable node is not set yet, or gone: the kernel's tagged null. */
  FolioMapping KSM_WITHOUT_NODE = () -> FOLIO_MAPPING_KSM;

  /** 0 for a file, {@link #FOLIO_MAPPING_ANON}, or {@link #FOLIO_MAPPING_KSM}. */
  int mappingFlags();
}
