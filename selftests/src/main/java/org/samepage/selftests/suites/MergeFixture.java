// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.suites;

import static org.samepage.mm.units.PageUnits.PAGE_SIZE;
import static org.samepage.selftests.sys.Abi.MAP_FIXED;
import static org.samepage.selftests.sys.Abi.MREMAP_DONTUNMAP;
import static org.samepage.selftests.sys.Abi.MREMAP_FIXED;
import static org.samepage.selftests.sys.Abi.MREMAP_MAYMOVE;
import static org.samepage.selftests.sys.Abi.PROT_NONE;
import static org.samepage.selftests.sys.Abi.PROT_READ;
import static org.samepage.selftests.sys.Abi.PROT_WRITE;

import org.samepage.machine.SyscallException;
import org.samepage.selftests.run.TestRun;
import org.samepage.selftests.sys.TestProcess;

/**
 * What the cases about merging VMAs share: thirty pages without access to map over, and ways to do
 * things at a page of these. Places are page numbers, which may lie behind the thirty.
 */
final class MergeFixture {
  static final int RW = PROT_READ | PROT_WRITE;
  private static final int PAGES = 30;

  final TestRun t;
  TestProcess p;
  private final long carveout;

  MergeFixture(TestRun t) {
    this.t = t;
    this.p = t.process();
    this.carveout = t.map(PAGES, PROT_NONE);
  }

  long at(long page) {
    return carveout + page * PAGE_SIZE;
  }

  /** Maps private anonymous memory over what is there. */
  void map(long page, long pages, int prot, int flags) {
    t.same(at(page), TestRun.mapAt(p, at(page), pages, prot, MAP_FIXED | flags), "mmap at " + page);
  }

  void map(long page, long pages) {
    map(page, pages, RW, 0);
  }

  void unmap(long page, long pages) {
    t.same(0, p.munmap(at(page), pages * PAGE_SIZE), "munmap at " + page);
  }

  void protect(long page, long pages, int prot) {
    t.same(0, p.mprotect(at(page), pages * PAGE_SIZE, prot), "mprotect at " + page);
  }

  /** Writes to a page, which gives its VMA an anon_vma. */
  void fault(long page) throws SyscallException {
    p.write(at(page), new byte[] {'x'});
  }

  void move(long page, long pages, long to) {
    remap(page, pages, to, 0);
  }

  void moveDontunmap(long page, long pages, long to) {
    remap(page, pages, to, MREMAP_DONTUNMAP);
  }

  private void remap(long page, long pages, long to, int flags) {
    long length = pages * PAGE_SIZE;
    t.same(
        at(to),
        p.mremap(at(page), length, length, MREMAP_MAYMOVE | MREMAP_FIXED | flags, at(to)),
        "mremap from " + page + " to " + to);
  }

  /** One VMA has exactly these pages. */
  void oneVma(long page, long pages) {
    t.oneVma(p, at(page), pages);
  }

  /**
   * Goes on as the child; upstream's parent waits for it and drops its status, ours fails with it.
   */
  void becomeChild() {
    p = p.fork();
  }
}
