// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.backend;

import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.samepage.host.SurroundingsException;
import org.samepage.host.doctor.KernelProbe;
import org.samepage.host.session.HostSession;

/** Keeps a scenario from unmerging what a kernel that goes address by address needs minutes for. */
final class SlowUnmerge {
  private static final long MOST_BYTES = 64L << 30;
  private static final double NANOS_PER_ADDRESS = 80;

  private final HostSession session;
  private String where = "";
  private @Nullable Boolean byAddress;

  SlowUnmerge(HostSession session) {
    this.session = session;
  }

  void at(String line) {
    where = line;
  }

  /** Throws where all that some processes have made mergeable is too much. */
  void refuse(Collection<HostProcess> processes) {
    refuse(
        processes.stream().mapToLong(process -> process.mergeableBytes(0, Long.MAX_VALUE)).sum());
  }

  /** Throws where so many mergeable bytes are too much. */
  void refuse(long bytes) {
    if (bytes <= MOST_BYTES || session.force()) {
      return;
    }
    if (byAddress == null) {
      byAddress = new KernelProbe(session).unmergesByAddress();
    }
    if (byAddress) {
      throw new SurroundingsException(
          ("%s: this kernel unmerges address by address, so that %,d MiB would keep it busy for"
                  + " about %,.0f s; --force does it all the same")
              .formatted(where, bytes >> 20, bytes / 4096.0 * NANOS_PER_ADDRESS / 1e9));
    }
  }
}
