// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.agent;

/** The system calls that we make, by their numbers on x86-64. */
public enum Syscall {
  OPEN(2),
  CLOSE(3),
  MMAP(9),
  MPROTECT(10),
  MUNMAP(11),
  IOCTL(16),
  MREMAP(25),
  MADVISE(28),
  MLOCK(149),
  MUNLOCK(150),
  PRCTL(157);

  private final int number;

  Syscall(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
