// SPDX-License-Identifier: GPL-2.0-only
/** KSM function by function: the port map's traps and acceptance tests, and every error path. */
package org.samepage.machine.ksm;
