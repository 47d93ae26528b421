// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.mm.port;

/** How close a ported element is to its origin. */
public enum Fidelity {
  /** The same steps in the same order. */
  FAITHFUL,
  /** The same outcome by other steps. */
  ADAPTED,
  /** Cases are left out; {@link PortedFrom#differs} says which. */
  SIMPLIFIED
}
