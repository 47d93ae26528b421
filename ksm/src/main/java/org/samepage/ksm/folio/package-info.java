// SPDX-License-Identifier: GPL-2.0-only
// Ported from mm/ksm.c.
/**
 * What swapping and migration ask KSM about a folio: {@link org.samepage.ksm.folio.KsmFolios}.
 *
 * <p>Locking: the folio lock of each folio that is spoken of.
 */
@NullMarked
package org.samepage.ksm.folio;

import org.jspecify.annotations.NullMarked;
