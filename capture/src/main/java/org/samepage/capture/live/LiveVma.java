// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.capture.live;

import org.samepage.capture.format.CapturedVma;

/**
 * A mapping, and what smaps counts in it.
 *
 * @param vma the mapping
 * @param residentKib pages that are there, but for the shared frame of zeros [KiB]
 * @param hugeKib of these, anonymous huge pages [KiB]
 */
record LiveVma(CapturedVma vma, long residentKib, long swappedKib, long hugeKib) {}
