// SPDX-License-Identifier: GPL-2.0-only
/**
 * Where a kernel symbol is in the port: annotations from the class files, evidence from the map.
 */
@NullMarked
package org.samepage.app.where;

import org.jspecify.annotations.NullMarked;
