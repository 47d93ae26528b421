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
 * A file: its pages by index, each with one reference of the cache's. Of a file on a disk nothing
 * is ever written back.
 *
 * <p>{@link #lock} guards the pages. Uses are open descriptors and VMAs; with the last one the
 * pages go.
 */
@PortedFrom(
    value = "include/linux/fs.h:address_space",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "the inode with it, with its size and its seals")
public final class AddressSpace implements FolioMapping {
  /** What {@code maps} shows as its name, and of a file in memory says to be deleted. */
  public final String name;

  /** Whether its pages are a disk's: else they are the only ones that there are. */
  public final boolean onDisk;

  private volatile long size;
  private volatile int seals;

  /** The VMAs that map it, by page offset. Guarded by {@link #iMmapRwsem}. */
  public final RbRoot iMmap = new RbRoot();

  /** Guards {@link #iMmap}. */
  public final RwSem iMmapRwsem;

  /** Guards the pages. */
  public final Object lock = new Object();

  private final AtomicInteger users = new AtomicInteger(1);
  private int[] pages = new int[0];

  /**
   * An empty file in memory, with one use.
   *
   * @param size of it [bytes]
   */
  public AddressSpace(Sched sched, String name, long size) {
    this(sched, name, size, false);
  }

  /**
   * An empty file with one use.
   *
   * @param size of it [bytes]
   */
  public AddressSpace(Sched sched, String name, long size, boolean onDisk) {
    this.name = name;
    this.size = size;
    this.onDisk = onDisk;
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

  /** The length of the file [bytes]. */
  public long size() {
    return size;
  }

  /** Sets the length [bytes]; pages stay. */
  @PortedFrom("include/linux/fs.h:i_size_write")
  public void iSizeWrite(long bytes) {
    size = bytes;
  }

  /** Whether it has any of these seals: F_SEAL_*. */
  public boolean hasSeals(int any) {
    return (seals & any) != 0;
  }

  /** Puts seals on, for ever. Holds {@link #iMmapRwsem} for writing. */
  public void addSeals(int more) {
    seals |= more;
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
