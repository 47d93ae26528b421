// SPDX-License-Identifier: GPL-2.0-only
/** The real kernel as the kernel under test. */
@NullMarked
package org.samepage.selftests.host;

import org.jspecify.annotations.NullMarked;
