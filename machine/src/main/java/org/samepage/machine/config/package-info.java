// SPDX-License-Identifier: GPL-2.0-only
/**
 * What a machine is booted from: defaults, a profile, a file, single settings; later wins.
 *
 * <p>The only package of this module that knows the configuration library. Whatever is wrong ends
 * in a {@link org.samepage.machine.config.ConfigurationException} that says where, and what would
 * do.
 */
@NullMarked
package org.samepage.machine.config;

import org.jspecify.annotations.NullMarked;
