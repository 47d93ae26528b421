// SPDX-License-Identifier: GPL-2.0-only
/** A machine for tests, which is checked when it is closed. */
package org.samepage.machine.race;
