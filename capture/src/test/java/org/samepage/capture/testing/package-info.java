// SPDX-License-Identifier: GPL-2.0-only
/** Captures for tests. */
package org.samepage.capture.testing;
