// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.pagewalk;

import org.samepage.mm.port.PortedFrom;

/** What a pud_entry or pmd_entry asks of the walk for its own entry. */
@PortedFrom("include/linux/pagewalk.h:page_walk_action")
public enum WalkAction {
  /** Go down into the table below, if there are callbacks for it. */
  ACTION_SUBTREE,
  /** Go on with the next entry of this level. */
  ACTION_CONTINUE,
  /** Look at this entry again, from the test for none. */
  ACTION_AGAIN
}
