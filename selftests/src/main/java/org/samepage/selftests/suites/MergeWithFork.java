// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import org.samepage.machine.SyscallException;

/**
 * A faulted mapping is moved away and, with MREMAP_DONTUNMAP, back beside mappings that have no
 * anon_vma. They merge, but not in a child: its anon_vma hangs on the parent's.
 */
final class MergeWithFork {
  private static final int AWAY = 20;

  private MergeWithFork() {}

  /** A case in both variants. */
  interface Body {
    void run(MergeFixture f, boolean forked) throws SyscallException;
  }

  static void prev(MergeFixture f, boolean forked) throws SyscallException {
    faulted(f, 4, 3, forked);
    f.move(4, 3, AWAY);
    f.map(1, 3);
    f.moveDontunmap(AWAY, 3, 4);
    f.oneVma(1, forked ? 3 : 6);
  }

  static void next(MergeFixture f, boolean forked) throws SyscallException {
    faulted(f, 1, 3, forked);
    f.move(1, 3, AWAY);
    f.map(4, 3);
    f.moveDontunmap(AWAY, 3, 1);
    f.oneVma(1, forked ? 3 : 6);
  }

  static void prevUnfaultedNext(MergeFixture f, boolean forked) throws SyscallException {
    faulted(f, 4, 3, forked);
    f.move(4, 3, AWAY);
    f.map(1, 3);
    f.map(7, 3);
    f.moveDontunmap(AWAY, 3, 4);
    f.oneVma(1, forked ? 3 : 9);
    if (forked) {
      f.oneVma(4, 3);
    }
  }

  /** What comes back and what stayed were one mapping, so these merge even in a child. */
  static void prevFaultedNext(MergeFixture f, boolean forked) throws SyscallException {
    faulted(f, 4, 6, forked);
    f.move(4, 3, AWAY);
    f.map(1, 3);
    f.moveDontunmap(AWAY, 3, 4);
    if (forked) {
      f.oneVma(4, 6);
    } else {
      f.oneVma(1, 9);
    }
  }

  private static void faulted(MergeFixture f, long page, long pages, boolean forked)
      throws SyscallException {
    f.map(page, pages);
    f.fault(page);
    if (forked) {
      f.becomeChild();
    }
  }
}
