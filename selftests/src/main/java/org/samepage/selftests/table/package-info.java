// SPDX-License-Identifier: GPL-2.0-only
/** What all cases say under all profiles, as a page of the documentation has it. */
@NullMarked
package org.samepage.selftests.table;

import org.jspecify.annotations.NullMarked;
