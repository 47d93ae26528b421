// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.sys;

/** How an access to memory ended. */
public enum Access {
  OK,
  SIGSEGV,
  SIGBUS
}
