// SPDX-License-Identifier: GPL-2.0-only
/** Runs scenarios in tests, and checks the machine afterwards. */
package org.samepage.scenario.testing;
