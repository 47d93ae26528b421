// SPDX-License-Identifier: GPL-2.0-only
/** What tests of every module build address spaces with: real memory, tables and VMAs. */
package org.samepage.mm.testing;
