// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.swap;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.KernelLock;
import org.samepage.mm.sched.LockClass;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.vma.Mm;

/** The address spaces that may have swap words: once on the list, an mm stays until it ends. */
@PortedFrom(
    value = "kernel/fork.c:mmlist_lock",
    fidelity = Fidelity.ADAPTED,
    differs = "a set with its lock, where C has a list through init_mm")
public final class Mmlist {
  private final KernelLock lock;
  private final Set<Mm> mms = Collections.newSetFromMap(new IdentityHashMap<>());

  public Mmlist(Sched sched) {
    this.lock = new KernelLock(sched, LockClass.MMLIST_LOCK);
  }

  /** Puts an mm on the list if it is not there. May be called under a page-table lock. */
  public void add(Mm mm) {
    lock.lock();
    mms.add(mm);
    lock.unlock();
  }

  /** Takes an mm off that ends. */
  public void remove(Mm mm) {
    lock.lock();
    mms.remove(mm);
    lock.unlock();
  }

  public boolean contains(Mm mm) {
    lock.lock();
    boolean there = mms.contains(mm);
    lock.unlock();
    return there;
  }
}
