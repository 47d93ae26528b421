// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.port;

import static org.samepage.mm.units.PageUnits.PAGE_BYTES;
import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.mm.units.PageUnits.pageAlignDown;

import java.util.Arrays;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.selftests.sys.Access;

/** A process's accesses to its memory, of any length. */
final class PortMemory {
  private final UserProcess process;
  private final byte[] page = new byte[PAGE_BYTES];

  PortMemory(UserProcess process) {
    this.process = process;
  }

  Access tryRead(long addr) {
    try {
      process.touch(addr);
      return Access.OK;
    } catch (SyscallException e) {
      return PortErrno.signal(e);
    }
  }

  Access tryWrite(long addr, int value) {
    try {
      process.writeByte(addr, (byte) value);
      return Access.OK;
    } catch (SyscallException e) {
      return PortErrno.signal(e);
    }
  }

  byte[] read(long addr, int length) throws SyscallException {
    byte[] bytes = new byte[length];
    for (int at = 0; at < length; ) {
      int offset = offset(addr + at);
      int part = Math.min(PAGE_BYTES - offset, length - at);
      process.readPage(pageAlignDown(addr + at), page);
      System.arraycopy(page, offset, bytes, at, part);
      at += part;
    }
    return bytes;
  }

  void write(long addr, byte[] bytes) throws SyscallException {
    for (int at = 0; at < bytes.length; ) {
      int offset = offset(addr + at);
      int part = Math.min(PAGE_BYTES - offset, bytes.length - at);
      if (part < PAGE_BYTES) {
        fetchForWriting(addr + at, bytes[at]);
      }
      System.arraycopy(bytes, at, page, offset, part);
      process.writePage(pageAlignDown(addr + at), page);
      at += part;
    }
  }

  void fill(long addr, long length, int value) throws SyscallException {
    for (long at = 0; at < length; ) {
      int offset = offset(addr + at);
      int part = (int) Math.min(PAGE_BYTES - offset, length - at);
      if (part < PAGE_BYTES) {
        fetchForWriting(addr + at, (byte) value);
      }
      Arrays.fill(page, offset, offset + part, (byte) value);
      process.writePage(pageAlignDown(addr + at), page);
      at += part;
    }
  }

  /** The first access to a page that is written in part is a write, as a processor's would be. */
  private void fetchForWriting(long addr, byte value) throws SyscallException {
    process.writeByte(addr, value);
    process.readPage(pageAlignDown(addr), page);
  }

  private static int offset(long addr) {
    return (int) (addr & (PAGE_SIZE - 1));
  }
}
