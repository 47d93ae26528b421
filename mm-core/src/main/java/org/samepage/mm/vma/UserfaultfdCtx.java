// SPDX-License-Identifier: GPL-2.0-only
// Values of include/uapi/linux/userfaultfd.h.
package org.samepage.mm.vma;

import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;

/** An open userfaultfd: what its owner asked for. */
@PortedFrom(
    value = "include/linux/userfaultfd_k.h:userfaultfd_ctx",
    fidelity = Fidelity.SIMPLIFIED,
    differs = "nobody reads events: what the owner would have to resolve is an error of the access")
public final class UserfaultfdCtx {
  /** A child's mappings are registered too. */
  public static final long UFFD_FEATURE_EVENT_FORK = 1 << 1;

  /** Mappings stay registered when they are moved. */
  public static final long UFFD_FEATURE_EVENT_REMAP = 1 << 2;

  /** An access that is the owner's business is a SIGBUS. */
  public static final long UFFD_FEATURE_SIGBUS = 1 << 7;

  /** Anonymous pages that are not there can be protected as well. */
  public static final long UFFD_FEATURE_WP_UNPOPULATED = 1 << 13;

  private final long features;

  /**
   * Opens one.
   *
   * @param features bits of {@code UFFD_FEATURE_*}
   */
  public UserfaultfdCtx(long features) {
    this.features = features;
  }

  public long features() {
    return features;
  }

  public boolean has(long feature) {
    return (features & feature) != 0;
  }
}
