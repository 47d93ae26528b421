// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/internal.h.
package org.samepage.rmap;

import org.samepage.mm.errno.Errno;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.VmArea;

/** From a page offset to the address at which a VMA has it. */
final class VmaAddress {
  private VmaAddress() {}

  /**
   * Where pages begin in a VMA.
   *
   * @param pgoff of the first page, unsigned
   * @param nrPages how many; where only later ones are in the VMA, its start is the answer
   * @return the address, or {@code -EFAULT} where no page of them is
   */
  @PortedFrom("mm/internal.h:vma_address")
  static long vmaAddress(VmArea vma, long pgoff, long nrPages) {
    if (Long.compareUnsigned(pgoff, vma.vmPgoff) >= 0) {
      long address = vma.vmStart + PageUnits.pagesToBytes(pgoff - vma.vmPgoff);
      boolean outside =
          Long.compareUnsigned(address, vma.vmStart) < 0
              || Long.compareUnsigned(address, vma.vmEnd) >= 0;
      return outside ? -Errno.EFAULT : address;
    }
    boolean reaches = Long.compareUnsigned(pgoff + nrPages - 1, vma.vmPgoff) >= 0;
    return reaches ? vma.vmStart : -Errno.EFAULT;
  }

  /** Where the pages of a walk end in its VMA. The page offset of a KSM page says nothing. */
  @PortedFrom("mm/internal.h:vma_address_end")
  static long vmaAddressEnd(VmArea vma, long address, long pgoff, long nrPages) {
    if (nrPages == 1) {
      return address + PageUnits.PAGE_SIZE;
    }
    long end = vma.vmStart + PageUnits.pagesToBytes(pgoff + nrPages - vma.vmPgoff);
    boolean outside =
        Long.compareUnsigned(end, vma.vmStart) < 0 || Long.compareUnsigned(end, vma.vmEnd) > 0;
    return outside ? vma.vmEnd : end;
  }
}
