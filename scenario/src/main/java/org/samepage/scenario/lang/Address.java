// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.lang;

import org.jspecify.annotations.Nullable;

/**
 * A place: a number, or a mapping's start or end, and an offset from there.
 *
 * @param mapping null where it is a number, which then is the offset
 */
public record Address(@Nullable String mapping, boolean end, long offset) {}
