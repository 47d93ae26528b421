// SPDX-License-Identifier: GPL-2.0-only
/**
 * Builds KSM of a machine, and binds strategies. The only package of this module that knows Guice.
 */
@NullMarked
package org.samepage.ksm.wiring;

import org.jspecify.annotations.NullMarked;
