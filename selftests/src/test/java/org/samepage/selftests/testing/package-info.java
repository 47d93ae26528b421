// SPDX-License-Identifier: GPL-2.0-only
/** What the tests of this module share. */
package org.samepage.selftests.testing;
