// SPDX-License-Identifier: GPL-2.0-only
/**
 * The extension points: what kernel developers argue about, as interfaces.
 *
 * <p>A strategy is a final class that implements one of them and carries a {@link
 * org.samepage.ksm.spi.StrategySpec}; configuration picks it by that name. All calls come under
 * ksm_thread_mutex unless a method says otherwise, so a strategy may keep state without locks.
 */
@NullMarked
package org.samepage.ksm.spi;

import org.jspecify.annotations.NullMarked;
