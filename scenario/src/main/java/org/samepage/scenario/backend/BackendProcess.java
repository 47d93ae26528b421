// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.backend;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.machine.SyscallException;
import org.samepage.scenario.lang.Advice;
import org.samepage.scenario.lang.Content;

/**
 * One process. Lengths of system calls are bytes as the scenario has them; accesses take whole
 * pages, in address order, and end at the first that fails.
 */
public interface BackendProcess {
  /**
   * What mmap is asked for, always with a fixed place that must be free.
   *
   * @param prot bits of PROT_*
   * @param file null for anonymous memory
   */
  record MmapCall(
      long addr,
      long length,
      int prot,
      boolean shared,
      boolean noreserve,
      boolean populate,
      @Nullable String file,
      long offset) {}

  /**
   * What mremap is asked for.
   *
   * @param to where to move it; null to resize in place
   */
  record MremapCall(
      long addr, long oldLength, long newLength, @Nullable Long to, boolean dontunmap) {}

  /** What /proc/PID/ksm_stat says. */
  record KsmStat(long rmapItems, long zeroPages, long mergingPages, long processProfit) {}

  /** Where a check found another byte than it should be. */
  record Mismatch(long page, int offset, int expected, int seen) {}

  /** Its number in the /proc of its kernel. */
  long pid();

  void mmap(MmapCall call) throws SyscallException;

  void munmap(long addr, long length) throws SyscallException;

  void mremap(MremapCall call) throws SyscallException;

  void mprotect(long addr, long length, int prot) throws SyscallException;

  void madvise(long addr, long length, Advice advice) throws SyscallException;

  void mlock(long addr, long length, boolean lock) throws SyscallException;

  void prctlMemoryMerge(long value) throws SyscallException;

  /** Overwrites pages with content. */
  void write(long addr, long pages, Content content) throws SyscallException;

  /** Writes the first byte of each page. */
  void poke(long addr, long pages, int value) throws SyscallException;

  /** Reads one byte of each page. */
  void touch(long addr, long pages) throws SyscallException;

  /** Compares every byte; null where all are as they should be. */
  @Nullable Mismatch check(long addr, long pages, Content content) throws SyscallException;

  /**
   * Moves pages to other frames; those that are not there are passed over.
   *
   * @param node where to; null to keep each on its own node
   */
  void migrate(long addr, long pages, @Nullable Integer node) throws SyscallException;

  /** Swaps pages out; those that are not there are passed over. */
  void swapout(long addr, long pages) throws SyscallException;

  /** Takes the frames of pages out of use; pages that are not there are passed over. */
  void offline(long addr, long pages) throws SyscallException;

  BackendProcess fork(String childName) throws SyscallException;

  void exit();

  KsmStat ksmStat();

  /** The arena's VMAs, as the result document has them. */
  List<String> maps();

  /** The present pages of the arena, with a way to read them without touching them. */
  PresentPages presentPages();
}
