// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.failslab;

/** What is allocated, as far as it can be made to fail. */
public enum Alloc {
  /** A vm_area_struct. */
  VM_AREA,
  /** The nodes that a change of the tree of VMAs may need, set aside before it begins. */
  VMA_TREE,
  ANON_VMA,
  ANON_VMA_CHAIN,
  KSM_RMAP_ITEM,
  KSM_STABLE_NODE,
  KSM_MM_SLOT,
  /** The roots of a pair of trees for each NUMA node. */
  KSM_TREES,
  /** A page table of any level. */
  PAGE_TABLE,
  /** A frame, for whatever it is. */
  FRAME
}
