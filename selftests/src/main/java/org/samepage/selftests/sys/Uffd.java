// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.sys;

/** A userfaultfd. Results are 0 or a negative errno. */
public interface Uffd {
  int REGISTER_MODE_MISSING = 1;
  int REGISTER_MODE_WP = 2;
  long FEATURE_PAGEFAULT_FLAG_WP = 1;
  long FEATURE_WP_UNPOPULATED = 1L << 13;

  /** UFFDIO_API; enables features. */
  long api(long features);

  /** The features that the last {@link #api} said there are. */
  long features();

  long register(long addr, long length, int mode);

  long unregister(long addr, long length);

  /** UFFDIO_WRITEPROTECT. */
  long writeProtect(long addr, long length, boolean on);

  void close();
}
