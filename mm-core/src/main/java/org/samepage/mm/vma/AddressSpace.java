// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.vma;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.phys.Frames;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.rb.RbRoot;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.RwSem;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.units.PageUnits;

/**
 * An in-memory file: its pages by index, each with one reference of the cache's.
 *
 * <p>{@link #lock} guards the pages. Uses are open descriptors and VMAs; with the last one the
 * pages go.
 */
@PortedFrom(
    value = "include/linux/fs.h:address_space",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "of shared memory, the inode with it")
public final class AddressSpace implements FolioMapping {
  /** What {@code maps} shows as its name, and says to be deleted. */
  public final String name;

  /** The length of the file [bytes]. */
  public final long size;

  /** The VMAs that map it, by page offset. Guarded by {@link #iMmapRwsem}. */
  public final RbRoot iMmap = new RbRoot();

  /** Guards {@link #iMmap}. */
  public final RwSem iMmapRwsem;

  /** Guards the pages. */
  public final Object lock = new Object();

  private final AtomicInteger users = new AtomicInteger(1);
  private int[] pages = new int[0];

  /** An empty file with one use. */
  public AddressSpace(Sched sched, String name, long size) {
    this.name = name;
    this.size = size;
    this.iMmapRwsem = new RwSem(sched, LockClass.I_MMAP_RWSEM);
  }

  @Override
  public int mappingFlags() {
    return 0;
  }

  /** One more use. */
  public void get() {
    users.incrementAndGet();
  }

  /** One use less; whether it was the last. */
  public boolean put() {
    return users.decrementAndGet() == 0;
  }

  /** Whether a page of this index lies, in part at least, within the file. */
  public boolean covers(long index) {
    return index >= 0 && index < PageUnits.bytesToPages(PageUnits.pageAlignUp(size));
  }

  /** The frame of a page; {@link Frames#NO_PAGE} where there is none. Holds the lock. */
  public int page(long index) {
    return index < pages.length ? pages[(int) index] : Frames.NO_PAGE;
  }

  /** Puts a page in. Holds the lock. */
  public void setPage(long index, int pfn) {
    if (index >= pages.length) {
      int before = pages.length;
      pages = Arrays.copyOf(pages, Math.max((int) index + 1, before * 2));
      Arrays.fill(pages, before, pages.length, Frames.NO_PAGE);
    }
    pages[(int) index] = pfn;
  }

  /** Indices below which all pages are. Holds the lock. */
  public int endIndex() {
    return pages.length;
  }
}
