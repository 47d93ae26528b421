// SPDX-License-Identifier: GPL-2.0-only
// Ported from arch/x86/mm/pgprot.c.
package org.samepage.mm.pgtable;

import org.samepage.mm.port.PortedFrom;

/** From a VMA's access flags to the protection bits of its entries. */
public final class PgProt {
  private static final long NONE = Pte.ACCESSED | Pte.PROTNONE;
  private static final long READONLY_EXEC = Pte.PRESENT | Pte.USER | Pte.ACCESSED;
  private static final long READONLY = READONLY_EXEC | Pte.NX;
  private static final long SHARED_EXEC = READONLY_EXEC | Pte.RW;
  private static final long SHARED = SHARED_EXEC | Pte.NX;

  /** Indexed by the low four VMA flags: READ 1, WRITE 2, EXEC 4, SHARED 8. */
  private static final long[] PROTECTION_MAP = {
    NONE, READONLY, READONLY, READONLY,
    READONLY_EXEC, READONLY_EXEC, READONLY_EXEC, READONLY_EXEC,
    NONE, READONLY, SHARED, SHARED,
    READONLY_EXEC, READONLY_EXEC, SHARED_EXEC, SHARED_EXEC,
  };

  private PgProt() {}

  /** Private writable mappings get no RW bit: the first write faults and copies. */
  @PortedFrom("arch/x86/mm/pgprot.c:vm_get_page_prot")
  public static long vmGetPageProt(long vmFlags) {
    return PROTECTION_MAP[(int) vmFlags & 0xf];
  }
}
