// SPDX-License-Identifier: GPL-2.0-only
/** Cases, suites, what a case may say, and how one is run. */
@NullMarked
package org.samepage.selftests.run;

import org.jspecify.annotations.NullMarked;
