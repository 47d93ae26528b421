// SPDX-License-Identifier: GPL-2.0-only
/**
 * The real kernel as a second backend: each process of a scenario is a real process, ksmd is the
 * kernel's. Needs Linux on x86-64, root, CONFIG_KSM and a C compiler.
 *
 * <p>A {@linkplain org.samepage.host.session.HostSession session} owns the machine's KSM while it
 * is open and puts everything back afterwards, whoever dies first; a {@linkplain
 * org.samepage.host.backend.HostBackend backend} runs one scenario in it.
 */
@NullMarked
package org.samepage.host;

import org.jspecify.annotations.NullMarked;
