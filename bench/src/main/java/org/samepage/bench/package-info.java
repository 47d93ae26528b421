// SPDX-License-Identifier: GPL-2.0-only
/** Benchmarks of the port. Their figures are compared with a real kernel's of the same run. */
@NullMarked
package org.samepage.bench;

import org.jspecify.annotations.NullMarked;
