// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.agent;

/** The system calls that we make, by their numbers on x86-64. */
public enum Syscall {
  OPEN(2),
  CLOSE(3),
  MMAP(9),
  MPROTECT(10),
  MUNMAP(11),
  RT_SIGACTION(13),
  IOCTL(16),
  MREMAP(25),
  MADVISE(28),
  EXECVE(59),
  FCNTL(72),
  FTRUNCATE(77),
  MLOCK(149),
  MUNLOCK(150),
  PRCTL(157),
  SCHED_SETAFFINITY(203),
  MBIND(237),
  MOVE_PAGES(279),
  PERF_EVENT_OPEN(298),
  MEMFD_CREATE(319),
  USERFAULTFD(323),
  PIDFD_OPEN(434),
  PROCESS_MADVISE(440),
  MSEAL(462);

  private final int number;

  Syscall(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
