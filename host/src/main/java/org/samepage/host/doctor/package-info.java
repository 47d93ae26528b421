// SPDX-License-Identifier: GPL-2.0-only
/** Finds out by behaviour, not by version, which of the known kernels this one is like. */
@NullMarked
package org.samepage.host.doctor;

import org.jspecify.annotations.NullMarked;
