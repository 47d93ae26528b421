// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.vma;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbNode;

/**
 * Links one VMA to one anon_vma: a member of the VMA's list, and a node of the anon_vma's interval
 * tree whose key is read from the VMA.
 */
@PortedFrom(
    value = "include/linux/rmap.h:anon_vma_chain",
    fidelity = Fidelity.ADAPTED,
    differs = "the list links are fields of this class")
public final class AnonVmaChain extends RbNode {
  public final VmArea vma;
  public final AnonVma anonVma;

  /** The neighbours in the VMA's list, newest first. Guarded by mmap_lock and page_table_lock. */
  @Nullable AnonVmaChain nextSameVma;

  @Nullable AnonVmaChain prevSameVma;

  /** The largest last page offset in the tree below this node, itself included [pages]. */
  public long rbSubtreeLast;

  public AnonVmaChain(VmArea vma, AnonVma anonVma) {
    this.vma = vma;
    this.anonVma = anonVma;
  }

  /** The next older link of the same VMA. */
  public @Nullable AnonVmaChain nextSameVma() {
    return nextSameVma;
  }

  /** The next newer link of the same VMA. */
  public @Nullable AnonVmaChain prevSameVma() {
    return prevSameVma;
  }
}
