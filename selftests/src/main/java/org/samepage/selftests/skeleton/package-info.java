// SPDX-License-Identifier: GPL-2.0-only
/** What a newly ported program begins as. */
@NullMarked
package org.samepage.selftests.skeleton;

import org.jspecify.annotations.NullMarked;
