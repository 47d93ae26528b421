// SPDX-License-Identifier: GPL-2.0-only
/**
 * What every strategy promises, as tests: one abstract class for each extension point. Whoever
 * writes a strategy extends the class of its point, names the strategy, and names the promises that
 * its {@link org.samepage.ksm.spi.StrategySpec#knownFaults} break: those must fail, and nothing
 * else.
 */
@NullMarked
package org.samepage.strategies.kit;

import org.jspecify.annotations.NullMarked;
