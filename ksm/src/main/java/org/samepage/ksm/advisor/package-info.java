// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
/**
 * Who sets {@code pages_to_scan}: nobody but the administrator, or an advisor that aims at a time
 * for a full pass. Chosen on the running system, by writing {@code advisor_mode}.
 */
@NullMarked
package org.samepage.ksm.advisor;

import org.jspecify.annotations.NullMarked;
