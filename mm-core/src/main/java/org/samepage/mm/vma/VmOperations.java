// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.vma;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * What the maker of a mapping wants to be told of it. Memory with operations is not anonymous; one
 * that is to be told of its end is never swallowed by a neighbour. Holds mmap_lock for writing.
 */
@PortedFrom(
    value = "include/linux/mm.h:vm_operations_struct",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "open and close alone")
public interface VmOperations {
  /** Another VMA came to be by a split, a copy or a fork. */
  default void open(VmArea vma) {}

  /** Whether {@link #close} does anything: a null pointer in C where it does not. */
  default boolean closes() {
    return true;
  }

  /** The VMA goes. */
  void close(VmArea vma);
}
