// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.port;

import org.samepage.machine.mmap.Madvise.Advice;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.selftests.sys.Abi;

/** Advice by its number. */
final class PortAdvice {
  private PortAdvice() {}

  static Advice of(int number) {
    return switch (number) {
      case Abi.MADV_SEQUENTIAL -> Advice.SEQUENTIAL;
      case Abi.MADV_DONTNEED -> Advice.DONTNEED;
      case Abi.MADV_REMOVE -> Advice.REMOVE;
      case Abi.MADV_FREE -> Advice.FREE;
      case Abi.MADV_COLD -> Advice.COLD;
      case Abi.MADV_PAGEOUT -> Advice.PAGEOUT;
      case Abi.MADV_COLLAPSE -> Advice.COLLAPSE;
      case Abi.MADV_DONTFORK -> Advice.DONTFORK;
      case Abi.MADV_DOFORK -> Advice.DOFORK;
      case Abi.MADV_MERGEABLE -> Advice.MERGEABLE;
      case Abi.MADV_UNMERGEABLE -> Advice.UNMERGEABLE;
      case Abi.MADV_HUGEPAGE -> Advice.HUGEPAGE;
      case Abi.MADV_NOHUGEPAGE -> Advice.NOHUGEPAGE;
      case Abi.MADV_WIPEONFORK -> Advice.WIPEONFORK;
      case Abi.MADV_KEEPONFORK -> Advice.KEEPONFORK;
      case Abi.MADV_POPULATE_READ -> Advice.POPULATE_READ;
      case Abi.MADV_POPULATE_WRITE -> Advice.POPULATE_WRITE;
      case Abi.MADV_GUARD_INSTALL -> Advice.GUARD_INSTALL;
      case Abi.MADV_GUARD_REMOVE -> Advice.GUARD_REMOVE;
      default -> throw new NotSupportedYetException("madvise " + number);
    };
  }
}
