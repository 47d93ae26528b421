// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.rmap.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.sched.Sched;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.AnonVmas;

/** Reverse mapping of one machine. */
public final class RmapModule extends AbstractModule {
  @Provides
  @Singleton
  AnonVmas anonVmas(Sched sched) {
    return new AnonVmas(sched);
  }

  @Provides
  @Singleton
  AnonRmap anonRmap(Folios folios) {
    return new AnonRmap(folios);
  }
}
