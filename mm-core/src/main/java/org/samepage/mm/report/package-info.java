// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the kernel would print about itself: BUG, WARN, Bad page map, as structured reports.
 *
 * <p>A report never goes unnoticed: it stays on the machine's {@link
 * org.samepage.mm.report.KernelLog}, and a run or a test that has one it did not expect fails.
 */
@NullMarked
package org.samepage.mm.report;

import org.jspecify.annotations.NullMarked;
