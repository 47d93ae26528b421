// SPDX-License-Identifier: GPL-2.0-only
/** Makes the pages of the book that only code and runs can tell, and checks the others. */
@NullMarked
package org.samepage.docs;

import org.jspecify.annotations.NullMarked;
