// SPDX-License-Identifier: GPL-2.0-only
/** What is printed and written: summaries, tables, documents, progress. */
@NullMarked
package org.samepage.app.output;

import org.jspecify.annotations.NullMarked;
