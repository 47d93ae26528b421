// SPDX-License-Identifier: GPL-2.0-only
/**
 * Page-table words and tables of x86-64 with four levels.
 *
 * <p>A word is the exact 64-bit word that the hardware and the kernel use; {@link
 * org.samepage.mm.pgtable.Pte}, {@link org.samepage.mm.pgtable.Pmd} and {@link
 * org.samepage.mm.pgtable.SwapEntry} are functions over it; what of it depends on how the kernel
 * was built is in {@link org.samepage.mm.pgtable.PteLayout}. A table is a {@link
 * org.samepage.mm.pgtable.PageTable} of 512 words; {@link org.samepage.mm.pgtable.PgTables} are the
 * tables of one address space.
 *
 * <p>Locking: a word of a lowest table is changed under that table's lock, a word of the level
 * above under its own. Lockless readers use {@link org.samepage.mm.pgtable.PageTable#getLockless}.
 * Left out compared with Linux: a fifth level, encryption bits, hugetlb.
 */
@NullMarked
package org.samepage.mm.pgtable;

import org.jspecify.annotations.NullMarked;
