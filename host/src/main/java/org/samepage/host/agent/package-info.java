// SPDX-License-Identifier: GPL-2.0-only
/**
 * The native helper: how it is compiled, and how we speak with it. One {@linkplain
 * org.samepage.host.agent.Keeper keeper} starts processes, writes knobs and puts them back when we
 * are gone; one {@linkplain org.samepage.host.agent.Agent agent} is each process of a scenario.
 */
@NullMarked
package org.samepage.host.agent;

import org.jspecify.annotations.NullMarked;
