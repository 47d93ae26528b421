// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.session;

import java.util.List;

/** Asks whoever owns the machine. */
@FunctionalInterface
public interface Consent {
  /** Whether these files may be written, {@code FILE (now VALUE)} each. */
  boolean given(List<String> files);
}
