// SPDX-License-Identifier: GPL-2.0-only
/**
 * The process that runs a student's code: it gets inputs, returns outputs, and knows no verdict.
 */
@NullMarked
package org.samepage.labs.desk;

import org.jspecify.annotations.NullMarked;
