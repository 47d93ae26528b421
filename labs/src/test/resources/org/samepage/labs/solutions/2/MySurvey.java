// SPDX-License-Identifier: GPL-2.0-only
package student;

import org.samepage.labs.task.Survey;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.pgtable.PteMarker;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;
import org.samepage.mm.vma.VmFlags;
import org.samepage.pagewalk.MmWalk;
import org.samepage.pagewalk.MmWalkOps;
import org.samepage.pagewalk.PageWalk;
import org.samepage.pagewalk.PageWalkLock;
import org.samepage.pagewalk.WalkCallback;

public final class MySurvey implements Survey {
  @Override
  public Result survey(PageWalk pageWalk, Mm mm, long start, long end, long limit) {
    Ops ops = new Ops(limit);
    int ret = pageWalk.walkPageRange(mm, start, end, new MmWalk(ops));
    return new Result(ret, ops.present, ops.guards, ops.holeBytes, ops.last);
  }

  private static final class Ops extends MmWalkOps {
    private final long limit;
    private long present;
    private long guards;
    private long holeBytes;
    private long last;

    Ops(long limit) {
      super(
          PageWalkLock.PGWALK_RDLOCK,
          WalkCallback.TEST_WALK,
          WalkCallback.PTE_ENTRY,
          WalkCallback.PTE_HOLE);
      this.limit = limit;
    }

    @Override
    protected int testWalk(long start, long end, MmWalk walk) {
      VmArea vma = walk.vma();
      if (vma.has(VmFlags.VM_LOCKED)) {
        return -Errno.EPERM;
      }
      return vma.has(VmFlags.VM_MERGEABLE) ? 0 : 1;
    }

    @Override
    protected int pteEntry(PageTable table, int index, long addr, long next, MmWalk walk) {
      long word = table.get(index);
      if (PteMarker.isGuardPteMarker(word)) {
        guards++;
      }
      if (!Pte.ptePresent(word)) {
        return 0;
      }
      present++;
      last = addr;
      return present == limit ? 1 : 0;
    }

    @Override
    protected int pteHole(long addr, long next, int depth, MmWalk walk) {
      if (walk.vma() != null) {
        holeBytes += next - addr;
      }
      return 0;
    }
  }
}
