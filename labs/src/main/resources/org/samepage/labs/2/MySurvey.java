// SPDX-License-Identifier: GPL-2.0-only
package student;

import org.samepage.labs.task.Survey;
import org.samepage.mm.vma.Mm;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.MmWalkOps;
import org.samepage.pagewalk.PageWalk;
import org.samepage.pagewalk.PageWalkLock;

/** Looks over an address space by one page walk. */
public final class MySurvey implements Survey {
  @Override
  public Result survey(PageWalk pageWalk, Mm mm, long start, long end, long limit) {
    Ops ops = new Ops();
    int ret = pageWalk.walkPageRange(mm, start, end, new MmWalk(ops));
    // ret, present, guards, holeBytes, last; -1 only so that nothing is right by chance
    return new Result(ret, -1, 0, 0, 0);
  }

  /**
   * The walk's callbacks: name those that you have behind the lock, such as {@code
   * WalkCallback.PTE_HOLE}, and override exactly those.
   *
   * <pre>
   *   TEST_WALK   protected int testWalk(long start, long end, MmWalk walk)
   *   PTE_ENTRY   protected int pteEntry(PageTable table, int index, long addr, long next, MmWalk walk)
   *   PTE_HOLE    protected int pteHole(long addr, long next, int depth, MmWalk walk)
   * </pre>
   *
   * A word is {@code table.get(index)}. PageTable, Pte and PteMarker are of
   * org.samepage.mm.pgtable, VmArea and VmFlags of org.samepage.mm.vma, Errno of
   * org.samepage.mm.errno.
   */
  private static final class Ops extends MmWalkOps {
    Ops() {
      super(PageWalkLock.PGWALK_RDLOCK);
    }
  }
}
