// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/slub.c.
package org.samepage.mm.alloc;

import java.util.concurrent.atomic.AtomicLong;
import org.samepage.mm.failslab.Alloc;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;

/** The objects of one kind: how many there are, and whether there may be one more. */
@PortedFrom(
    value = "mm/slab.h:kmem_cache",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "a count; the caller makes the object, the JVM has the memory")
public final class KmemCache {
  private final Alloc kind;
  private final Sched sched;
  private final AtomicLong active = new AtomicLong();

  /** A cache without objects. */
  public KmemCache(Alloc kind, Sched sched) {
    this.kind = kind;
    this.sched = sched;
  }

  /** Objects that were allocated and not freed. */
  public long activeObjects() {
    return active.get();
  }

  /** Whether there is memory for one object more; it is counted then. May sleep. */
  @PortedFrom(
      value = "mm/slub.c:kmem_cache_alloc_noprof",
      fidelity = Fidelity.ADAPTED,
      differs = "says whether, instead of where")
  public boolean kmemCacheAllocNoprof() {
    sched.mightSleep();
    if (sched.failSlab.shouldFailslab(kind)) {
      return false;
    }
    active.incrementAndGet();
    return true;
  }

  /** Counts one object less. */
  @PortedFrom(
      value = "mm/slub.c:kmem_cache_free",
      fidelity = Fidelity.ADAPTED,
      differs = "the JVM frees the object")
  public void kmemCacheFree() {
    if (active.decrementAndGet() < 0) {
      throw new IllegalStateException(kind + " was freed once too often");
    }
  }
}
