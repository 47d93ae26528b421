// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.run;

import java.util.List;

/** The cases of one upstream program. Found by {@code ServiceLoader}. */
public interface Suite {
  /** What its cases' ids begin with: {@code KF}. */
  String id();

  /** Upstream's name of the program: {@code ksm_functional_tests}. */
  String program();

  /** The cases, in upstream's order. */
  List<Selftest> cases();
}
