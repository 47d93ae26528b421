// SPDX-License-Identifier: GPL-2.0-only
/** The port as the kernel under test. */
@NullMarked
package org.samepage.selftests.port;

import org.jspecify.annotations.NullMarked;
