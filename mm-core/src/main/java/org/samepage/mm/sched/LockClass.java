// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.sched;

/**
 * The locks of the port by their kernel names, outermost first.
 *
 * <p>A lock may be taken while any lock above it in this list is held. Those that {@linkplain
 * #sleeps sleep} may not be taken under one that does not.
 */
public enum LockClass {
  KSM_THREAD_MUTEX("ksm_thread_mutex", true),
  MMAP_LOCK("mmap_lock", true),
  FOLIO_LOCK("folio lock", true),
  I_MMAP_RWSEM("i_mmap_rwsem", true),
  ANON_VMA_RWSEM("anon_vma->root->rwsem", true),
  PAGE_TABLE_LOCK("page_table_lock", false),
  PMD_LOCK("pmd lock", false),
  PTE_LOCK("pte lock", false),
  SPLIT_QUEUE_LOCK("split_queue_lock", false),
  SWAP_LOCK("swap cluster lock", false),
  MMLIST_LOCK("mmlist_lock", false),
  KSM_MMLIST_LOCK("ksm_mmlist_lock", false),
  ZONE_LOCK("zone->lock", false);

  private final String kernelName;
  private final boolean sleeps;

  LockClass(String kernelName, boolean sleeps) {
    this.kernelName = kernelName;
    this.sleeps = sleeps;
  }

  public String kernelName() {
    return kernelName;
  }

  /** Whether a task that waits for it sleeps (a mutex, a semaphore), or spins (a spinlock). */
  public boolean sleeps() {
    return sleeps;
  }
}
