// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import org.samepage.machine.SyscallException;
import org.samepage.selftests.run.TestRun;

/** Mappings are moved beside each other; whether they merge is a matter of their anon_vma. */
final class MergeByMremap {
  /** Where a mapping is out of the way [pages]. */
  private static final int AWAY = 1000;

  private static final int FARTHER = 2000;

  private MergeByMremap() {}

  static void unfaultedToFaulted(TestRun t) throws SyscallException {
    MergeFixture f = new MergeFixture(t);
    f.map(1, 5);
    f.map(7, 5);
    f.move(7, 5, 7 + AWAY);
    f.fault(1);
    f.move(7 + AWAY, 5, 6);
    f.oneVma(1, 10);
  }

  static void unfaultedBehindFaulted(TestRun t) throws SyscallException {
    MergeFixture f = new MergeFixture(t);
    f.map(6, 5);
    f.map(14, 5);
    f.move(14, 5, 14 + AWAY);
    f.fault(6);
    f.move(14 + AWAY, 5, 1);
    f.oneVma(1, 10);
  }

  static void unfaultedBetweenFaulted(TestRun t) throws SyscallException {
    MergeFixture f = threeApart(t);
    f.fault(1);
    f.fault(14 + FARTHER);
    f.move(14 + FARTHER, 5, 11);
    f.move(7 + AWAY, 5, 6);
    f.oneVma(1, 10);
    f.oneVma(11, 5);
  }

  static void unfaultedBetweenFaultedUnfaulted(TestRun t) throws SyscallException {
    MergeFixture f = threeApart(t);
    f.fault(1);
    f.move(14 + FARTHER, 5, 11);
    f.move(7 + AWAY, 5, 6);
    f.oneVma(1, 15);
  }

  /** Five pages at 1, five moved away from 7, five moved farther away from 14. */
  private static MergeFixture threeApart(TestRun t) {
    MergeFixture f = new MergeFixture(t);
    f.map(1, 5);
    f.map(7, 5);
    f.map(14, 5);
    f.move(14, 5, 14 + FARTHER);
    f.move(7, 5, 7 + AWAY);
    return f;
  }

  static void unfaultedBetweenCorrectlyPlacedFaulted(TestRun t) throws SyscallException {
    MergeFixture f = new MergeFixture(t);
    f.map(1, 15);
    f.fault(1);
    f.unmap(6, 5);
    f.map(20, 5);
    f.move(20, 5, 6);
    f.oneVma(1, 15);
  }

  /** Thirds of one faulted mapping, of which each goes away and comes back in turn. */
  static void correctPlacedFaulted(TestRun t) throws SyscallException {
    MergeFixture f = new MergeFixture(t);
    f.map(1, 15);
    f.fault(1);
    f.move(11, 5, 11 + FARTHER);
    f.move(6, 5, 6 + AWAY);

    f.move(6 + AWAY, 5, 6);
    f.oneVma(1, 10);

    f.move(1, 5, 1 + AWAY);
    f.move(1 + AWAY, 5, 1);
    f.oneVma(1, 10);

    f.move(1, 5, 1 + AWAY);
    f.move(11 + FARTHER, 5, 11);
    f.oneVma(6, 10);
    f.move(1 + AWAY, 5, 1);
    f.oneVma(1, 15);

    f.move(6, 5, 6 + AWAY);
    f.move(6 + AWAY, 5, 6);
    f.oneVma(1, 15);

    f.move(11, 5, 11 + AWAY);
    f.move(11 + AWAY, 5, 11);
    f.oneVma(1, 15);
  }
}
