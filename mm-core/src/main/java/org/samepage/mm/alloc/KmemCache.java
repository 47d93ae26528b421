// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/slub.c.
package org.samepage.mm.alloc;

import java.util.concurrent.atomic.AtomicLong;
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
import org.samepage.mm.sched.Sched;

/** The objects of one kind: how many there are, and whether there may be one more. */
@PortedFrom(
    value = "mm/slab.h:kmem_cache",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "a name and a count; the caller makes the object")
public final class KmemCache {
  private final String name;
  private final Sched sched;
  private final FailureInjection failures;
  private final AtomicLong active = new AtomicLong();

  /**
   * A cache without objects.
   *
   * @param name as in /proc/slabinfo; what a {@link FailureInjection.Plan} is asked about
   */
  public KmemCache(String name, Sched sched, FailureInjection failures) {
    this.name = name;
    this.sched = sched;
    this.failures = failures;
  }

  public String name() {
    return name;
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
    if (failures.shouldFail(name)) {
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
      throw new IllegalStateException("an object of " + name + " was freed once too often");
    }
  }
}
