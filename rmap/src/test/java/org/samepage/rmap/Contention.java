// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap;

import org.jspecify.annotations.Nullable;
import org.samepage.mm.sched.FreeRunning;
import org.samepage.mm.sched.LockClass;

/** Has something happen where a lock is waited for, as by its holder, or has just been got. */
public final class Contention extends FreeRunning {
  private @Nullable Runnable happens;
  private boolean whenAcquired;

  /** Once, as soon as somebody waits. */
  public void once(Runnable runnable) {
    happens = runnable;
    whenAcquired = false;
  }

  /** Once, as soon as somebody has got a lock. */
  public void onceAcquired(Runnable runnable) {
    happens = runnable;
    whenAcquired = true;
  }

  @Override
  public void acquired(LockClass lockClass, Object lock, int id) {
    Runnable now = happens;
    if (now != null && whenAcquired) {
      happens = null;
      now.run();
    }
  }

  /** Whether it has happened. */
  public boolean happened() {
    return happens == null;
  }

  @Override
  public void contended(LockClass lockClass, int attempt) {
    Runnable now = happens;
    if (now == null) {
      throw new IllegalStateException("waits for ever for " + lockClass);
    }
    happens = null;
    now.run();
  }
}
