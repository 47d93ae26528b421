// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.vma;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.samepage.mm.pgtable.PgTables;
import org.samepage.mm.pgtable.PteLayout;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.RwSem;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.units.PageUnits;

/**
 * An address space.
 *
 * <p>{@link #mmUsers} counts who uses it; at 0 its exit has begun. {@link #mmCount} keeps the
 * object itself: ksmd's list holds one of these and none of the other.
 */
@PortedFrom(
    value = "include/linux/mm_types.h:mm_struct",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "what the port needs of it")
public final class Mm {
  /** Indices of {@link #rssStat}. */
  public static final int MM_FILEPAGES = 0;

  public static final int MM_ANONPAGES = 1;
  public static final int MM_SWAPENTS = 2;
  public static final int MM_SHMEMPAGES = 3;
  private static final int NR_MM_COUNTERS = 4;

  public final AtomicInteger mmUsers = new AtomicInteger(1);
  public final AtomicInteger mmCount = new AtomicInteger(1);

  /** Guards the VMAs. */
  public final RwSem mmapLock;

  public final VmaTree vmas = new VmaTree();
  public final PgTables pgTables;

  /** How the words of the tables are made up. */
  public final PteLayout ptes;

  /** Resident pages by kind; each changed under some page-table lock. */
  public final AtomicLongArray rssStat = new AtomicLongArray(NR_MM_COUNTERS);

  private final AtomicLong flags = new AtomicLong();

  /** Pages of all mappings. Guarded by mmap_lock. */
  public long totalVm;

  /** Of those, private writable ones that are no stack. Guarded by mmap_lock. */
  public long dataVm;

  /** Of those, executable ones that are not writable and no stack. Guarded by mmap_lock. */
  public long execVm;

  /** Of those, stacks. Guarded by mmap_lock. */
  public long stackVm;

  /** The most that {@link #totalVm} was when it was last about to fall; it may be more now. */
  public long hiwaterVm;

  /** The most resident pages when they were last about to become fewer; there may be more now. */
  private final AtomicLong hiwaterRss = new AtomicLong();

  /** Pages of all mappings that are locked in memory. Guarded by mmap_lock. */
  public long lockedVm;

  /** Where the heap begins [bytes]; what brk can at least be. Guarded by mmap_lock. */
  public long startBrk;

  /** Where the heap ends [bytes]. Guarded by mmap_lock. */
  public long brk;

  /** Where the stack was when the program started [bytes]; 0 without one. Guarded by mmap_lock. */
  public long startStack;

  /** Below this address mmap looks for a place first [bytes]. */
  public long mmapBase = PageUnits.DEFAULT_MMAP_BASE;

  /** How much of all this there may be. */
  public final Rlimits rlimits = new Rlimits();

  /** Items of this mm in the stable tree. Guarded by ksm_thread_mutex. */
  public long ksmMergingPages;

  /** Items of this mm. Guarded by ksm_thread_mutex. */
  public long ksmRmapItems;

  /** Zero pages that ksmd put in. */
  public final AtomicLong ksmZeroPages = new AtomicLong();

  /** An address space of a kernel that was built as the reference is. */
  public Mm(Sched sched, PgTables pgTables) {
    this(sched, pgTables, PteLayout.REFERENCE);
  }

  public Mm(Sched sched, PgTables pgTables, PteLayout ptes) {
    this.ptes = ptes;
    this.mmapLock = new RwSem(sched, LockClass.MMAP_LOCK);
    this.pgTables = pgTables;
  }

  /**
   * A number that no other address space has as long as this one lives, never 0: the frame of its
   * top table.
   */
  public int mmId() {
    return pgTables.pgd().pfn;
  }

  @PortedFrom("include/linux/mm_types.h:mm_flags_test")
  public boolean mmFlagsTest(int bit) {
    return (flags.get() & 1L << bit) != 0;
  }

  @PortedFrom("include/linux/mm_types.h:mm_flags_set")
  public void mmFlagsSet(int bit) {
    flags.getAndUpdate(old -> old | 1L << bit);
  }

  /** Sets a flag; returns whether it was set before. */
  @PortedFrom("include/linux/mm_types.h:mm_flags_test_and_set")
  public boolean mmFlagsTestAndSet(int bit) {
    return (flags.getAndUpdate(old -> old | 1L << bit) & 1L << bit) != 0;
  }

  /** What a child takes over of its parent's flags: that everything is mergeable. */
  @PortedFrom(
      value = "include/linux/mm_types.h:mmf_init_legacy_flags",
      fidelity = Fidelity.SIMPLIFIED,
      differs = "MMF_VM_MERGE_ANY is all that there is to take over")
  public void mmfInitLegacyFlags(Mm parent) {
    flags.set(parent.flags.get() & 1L << MmFlags.MMF_VM_MERGE_ANY);
  }

  @PortedFrom("include/linux/mm_types.h:mm_flags_clear")
  public void mmFlagsClear(int bit) {
    flags.getAndUpdate(old -> old & ~(1L << bit));
  }

  @PortedFrom("include/linux/mm.h:add_mm_counter")
  public void addMmCounter(int member, long value) {
    rssStat.getAndAdd(member, value);
  }

  @PortedFrom(
      value = {"include/linux/mm.h:get_mm_counter_sum", "include/linux/mm.h:get_mm_counter"},
      fidelity = Fidelity.ADAPTED,
      differs = "one counter for all CPUs, so its sum is its value")
  public long getMmCounterSum(int member) {
    return rssStat.get(member);
  }

  /** Which of the counters a file's page is counted in. */
  @PortedFrom("include/linux/mm.h:mm_counter_file")
  public static int mmCounterFile(Folios folios, int folio) {
    return folios.folioTestSwapbacked(folio) ? MM_SHMEMPAGES : MM_FILEPAGES;
  }

  /** Which of the counters a page is counted in. */
  @PortedFrom("include/linux/mm.h:mm_counter")
  public static int mmCounter(Folios folios, int folio) {
    return folios.folioTestAnon(folio) ? MM_ANONPAGES : mmCounterFile(folios, folio);
  }

  /** Resident pages of all kinds. */
  @PortedFrom("include/linux/mm.h:get_mm_rss")
  public long getMmRss() {
    return getMmCounterSum(MM_FILEPAGES)
        + getMmCounterSum(MM_ANONPAGES)
        + getMmCounterSum(MM_SHMEMPAGES);
  }

  /** The most pages that were resident at once, as far as it was noticed. */
  @PortedFrom("include/linux/mm.h:get_mm_hiwater_rss")
  public long getMmHiwaterRss() {
    return Math.max(hiwaterRss.get(), getMmRss());
  }

  /** The most pages that were mapped at once. */
  @PortedFrom("include/linux/mm.h:get_mm_hiwater_vm")
  public long getMmHiwaterVm() {
    return Math.max(hiwaterVm, totalVm);
  }

  /** To be called before pages are unmapped. */
  @PortedFrom("include/linux/mm.h:update_hiwater_rss")
  public void updateHiwaterRss() {
    hiwaterRss.accumulateAndGet(getMmRss(), Math::max);
  }

  /** To be called before mappings go. Holds mmap_lock for writing. */
  @PortedFrom("include/linux/mm.h:update_hiwater_vm")
  public void updateHiwaterVm() {
    hiwaterVm = Math.max(hiwaterVm, totalVm);
  }

  /**
   * Accounts pages of a mapping with these flags. Holds mmap_lock for writing.
   *
   * @param npages negative where they go
   */
  @PortedFrom(
      value = {
        "mm/mmap.c:vm_stat_account",
        "mm/vma.h:is_exec_mapping",
        "mm/vma.h:is_stack_mapping"
      },
      fidelity = Fidelity.SIMPLIFIED,
      differs = "no shadow stacks")
  public void vmStatAccount(long flags, long npages) {
    totalVm += npages;
    boolean stack = (flags & VmFlags.VM_GROWSDOWN) != 0;
    if (!stack && (flags & (VmFlags.VM_EXEC | VmFlags.VM_WRITE)) == VmFlags.VM_EXEC) {
      execVm += npages;
    } else if (stack) {
      stackVm += npages;
    } else if (isDataMapping(flags)) {
      dataVm += npages;
    }
  }

  /** Whether a mapping with these flags counts as data: private, writable, no stack. */
  @PortedFrom("mm/vma.h:is_data_mapping")
  public static boolean isDataMapping(long flags) {
    long relevant = VmFlags.VM_WRITE | VmFlags.VM_SHARED | VmFlags.VM_GROWSDOWN;
    return (flags & relevant) == VmFlags.VM_WRITE;
  }

  /** One more user, unless the exit has begun. */
  @PortedFrom("include/linux/sched/mm.h:mmget_not_zero")
  public boolean mmgetNotZero() {
    return mmUsers.getAndUpdate(users -> users == 0 ? 0 : users + 1) != 0;
  }

  @PortedFrom("include/linux/sched/mm.h:mmgrab")
  public void mmgrab() {
    mmCount.incrementAndGet();
  }

  /** Gives up the object. */
  @PortedFrom(
      value = "include/linux/sched/mm.h:mmdrop",
      fidelity = Fidelity.ADAPTED,
      differs = "the top page table goes with the last count")
  public void mmdrop() {
    int left = mmCount.decrementAndGet();
    if (left == 0) {
      if (mmapLock.isLocked()) {
        throw new IllegalStateException("an mm is freed while its mmap_lock is held");
      }
      pgTables.mmFreePgd();
    } else if (left < 0) {
      throw new IllegalStateException("an mm was dropped once too often");
    }
  }
}
