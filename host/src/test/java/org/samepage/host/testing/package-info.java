// SPDX-License-Identifier: GPL-2.0-only
/** Has the machine's own kernel for a test, where that can be. */
package org.samepage.host.testing;
