// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.vma;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/**
 * The VMAs of one address space by address: they never overlap.
 *
 * <p>A sorted array of starts beside one of VMAs: a look-up is a binary search over {@code long}s
 * and allocates nothing. Guarded by mmap_lock. Addresses are below 2^63, so signed order is right.
 */
@PortedFrom(
    value = "include/linux/mm_types.h:mm_mt",
    fidelity = Fidelity.ADAPTED,
    differs = "a sorted array instead of a maple tree")
public final class VmaTree {
  private long[] starts = new long[8];
  private @Nullable VmArea[] vmas = new VmArea[8];
  private int size;

  public int size() {
    return size;
  }

  /** The VMA at this position in address order, 0 to size less one. */
  @SuppressWarnings("NullAway") // below size there is one
  public VmArea get(int position) {
    assert position < size;
    return vmas[position];
  }

  /** Position of the last VMA that starts at or below the address; -1 where there is none. */
  private int floor(long addr) {
    int found = Arrays.binarySearch(starts, 0, size, addr);
    return found >= 0 ? found : -found - 2;
  }

  /** Position of the first VMA that ends above the address; the size where there is none. */
  public int positionOf(long addr) {
    int floor = floor(addr);
    return floor >= 0 && get(floor).vmEnd > addr ? floor : floor + 1;
  }

  /** The first VMA that ends above the address; it may start above it too. */
  @PortedFrom("mm/mmap.c:find_vma")
  // tag::find-vma[]
  public @Nullable VmArea findVma(long addr) {
    int position = positionOf(addr);
    return position < size ? vmas[position] : null;
  }

  // end::find-vma[]

  /** The VMA that this address is in. */
  @PortedFrom("include/linux/mm.h:vma_lookup")
  public @Nullable VmArea vmaLookup(long addr) {
    int floor = floor(addr);
    return floor >= 0 && get(floor).vmEnd > addr ? vmas[floor] : null;
  }

  /** The first VMA that overlaps {@code [start, end)}. */
  @PortedFrom("include/linux/mm.h:find_vma_intersection")
  public @Nullable VmArea findVmaIntersection(long start, long end) {
    VmArea vma = findVma(start);
    return vma != null && vma.vmStart < end ? vma : null;
  }

  /** The VMA that follows in address order. */
  public @Nullable VmArea next(VmArea vma) {
    int position = floor(vma.vmStart) + 1;
    return position < size ? vmas[position] : null;
  }

  /** The VMA before this one in address order. */
  public @Nullable VmArea prev(VmArea vma) {
    int position = floor(vma.vmStart) - 1;
    return position >= 0 ? vmas[position] : null;
  }

  public void insert(VmArea vma) {
    int position = floor(vma.vmStart) + 1;
    if (findVmaIntersection(vma.vmStart, vma.vmEnd) != null) {
      throw new IllegalStateException("overlaps another mapping: " + vma);
    }
    if (size == starts.length) {
      starts = Arrays.copyOf(starts, size * 2);
      vmas = Arrays.copyOf(vmas, size * 2);
    }
    System.arraycopy(starts, position, starts, position + 1, size - position);
    System.arraycopy(vmas, position, vmas, position + 1, size - position);
    starts[position] = vma.vmStart;
    vmas[position] = vma;
    size++;
  }

  /** Moves the ends of a VMA that is in the tree; its neighbours stay its neighbours. */
  @PortedFrom(
      value = "mm/vma.c:vma_set_range",
      fidelity = Fidelity.ADAPTED,
      differs = "keeps the tree right at once")
  public void vmaSetRange(VmArea vma, long start, long end, long pgoff) {
    int position = floor(vma.vmStart);
    if (position < 0
        || vmas[position] != vma
        || (position > 0 && get(position - 1).vmEnd > start)
        || (position + 1 < size && starts[position + 1] < end)) {
      throw new IllegalStateException("does not fit where it is: " + vma);
    }
    starts[position] = start;
    vma.vmStart = start;
    vma.vmEnd = end;
    vma.vmPgoff = pgoff;
  }

  /** Takes a VMA out; it must be there under the start that it has now. */
  public void remove(VmArea vma) {
    int position = floor(vma.vmStart);
    if (position < 0 || vmas[position] != vma) {
      throw new IllegalStateException("not in the tree: " + vma);
    }
    size--;
    System.arraycopy(starts, position + 1, starts, position, size - position);
    System.arraycopy(vmas, position + 1, vmas, position, size - position);
    vmas[size] = null;
  }
}
