// SPDX-License-Identifier: GPL-2.0-only
/**
 * Address spaces: an {@link org.samepage.mm.vma.Mm}, its {@link org.samepage.mm.vma.VmArea}s, and
 * the {@link org.samepage.mm.vma.AnonVma} structures that lead from a page back to them.
 *
 * <p>These classes are the kernel's structs: public fields under their kernel names, guarded by the
 * locks that guard them there. What is done with them is ported elsewhere: mapping and unmapping in
 * {@code machine}, the life of an anon_vma in {@code rmap}.
 *
 * <p>Locking: {@link org.samepage.mm.vma.Mm#mmapLock} guards the set of VMAs and their fields; a
 * VMA's anon_vma is set once, under the page-table lock. Left out compared with Linux: per-VMA
 * locks (mmap_lock is taken instead), memory policies.
 */
@NullMarked
package org.samepage.mm.vma;

import org.jspecify.annotations.NullMarked;
