// SPDX-License-Identifier: GPL-2.0-only
/** What mm-core's users need from above, as narrow as the kernel's own header. */
@NullMarked
package org.samepage.mm.spi;

import org.jspecify.annotations.NullMarked;
