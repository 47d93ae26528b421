// SPDX-License-Identifier: GPL-2.0-only
/** Results as KTAP, the text that the kernel's own selftests print. */
@NullMarked
package org.samepage.selftests.ktap;

import org.jspecify.annotations.NullMarked;
