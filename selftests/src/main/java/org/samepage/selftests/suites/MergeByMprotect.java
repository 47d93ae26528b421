// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.selftests.suites.MergeFixture.RW;
import static org.samepage.selftests.sys.Abi.MAP_NORESERVE;
import static org.samepage.selftests.sys.Abi.PROT_READ;

import org.samepage.machine.SyscallException;
import org.samepage.selftests.run.TestRun;

/**
 * One mapping is split by mprotect, one part of it gets an anon_vma, and the protections are made
 * equal again: all must be one VMA again. MAP_NORESERVE keeps VM_ACCOUNT from being what differs.
 */
final class MergeByMprotect {
  private MergeByMprotect() {}

  static void unfaultedLeft(TestRun t) throws SyscallException {
    MergeFixture f = new MergeFixture(t);
    f.map(1, 10, RW, MAP_NORESERVE);
    f.protect(1, 5, PROT_READ);
    f.fault(6);
    f.protect(6, 5, PROT_READ);
    f.oneVma(1, 10);
  }

  static void unfaultedRight(TestRun t) throws SyscallException {
    MergeFixture f = new MergeFixture(t);
    f.map(1, 10, RW, MAP_NORESERVE);
    f.protect(6, 5, PROT_READ);
    f.fault(1);
    f.protect(1, 5, PROT_READ);
    f.oneVma(1, 10);
  }

  static void unfaultedBoth(TestRun t) throws SyscallException {
    MergeFixture f = new MergeFixture(t);
    f.map(2, 9, RW, MAP_NORESERVE);
    f.protect(2, 3, PROT_READ);
    f.protect(8, 3, PROT_READ);
    f.fault(5);
    f.protect(5, 3, PROT_READ);
    f.oneVma(2, 9);
  }

  static void faultedLeftUnfaultedRight(TestRun t) throws SyscallException {
    MergeFixture f = new MergeFixture(t);
    f.map(2, 9, RW, MAP_NORESERVE);
    f.protect(8, 3, PROT_READ);
    f.fault(2);
    f.protect(2, 3, PROT_READ);
    f.protect(5, 3, PROT_READ);
    f.oneVma(2, 9);
  }

  static void unfaultedLeftFaultedRight(TestRun t) throws SyscallException {
    MergeFixture f = new MergeFixture(t);
    f.map(2, 9, RW, MAP_NORESERVE);
    f.protect(2, 3, PROT_READ);
    f.fault(5);
    f.protect(8, 3, PROT_READ);
    f.protect(5, 3, PROT_READ);
    f.oneVma(2, 9);
  }
}
