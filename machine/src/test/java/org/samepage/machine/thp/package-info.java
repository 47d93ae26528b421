// SPDX-License-Identifier: GPL-2.0-only
/** Transparent huge pages: faults, fork, splits, collapse, and what KSM makes of them. */
package org.samepage.machine.thp;
