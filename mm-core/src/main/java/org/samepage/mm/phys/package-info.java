// SPDX-License-Identifier: GPL-2.0-only
/**
 * Physical memory: frames, what they contain, who holds them.
 *
 * <p>A frame is a number (pfn), never an object. {@link org.samepage.mm.phys.Frames} keeps one row
 * of six {@code int}s and one reference for each frame, in sections that are made when first used;
 * {@link org.samepage.mm.phys.PageContents} keeps the bytes off the heap; {@link
 * org.samepage.mm.phys.PageAllocator} hands frames out by NUMA node; {@link
 * org.samepage.mm.phys.Folios} is what the rest of the machine calls: references, locks, flags and
 * the life of a folio. The figures behind this layout are in docs/adr/0001.
 *
 * <p>Locking: every word of a row is read and written atomically; the folio lock guards what the
 * kernel's guards. Left out compared with Linux: zones, watermarks, LRU lists, per-CPU batches.
 */
@NullMarked
package org.samepage.mm.phys;

import org.jspecify.annotations.NullMarked;
