// SPDX-License-Identifier: GPL-2.0-only
/** How ksmd finds the next page of an mm: address by address, or by walking what is populated. */
@NullMarked
package org.samepage.strategies.scan;

import org.jspecify.annotations.NullMarked;
