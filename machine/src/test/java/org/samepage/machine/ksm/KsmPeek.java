// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import java.util.ArrayList;
import java.util.List;
import org.samepage.ksm.state.KsmMmSlot;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmState;
import org.samepage.machine.UserProcess;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.VmArea;
import org.samepage.rmap.PageVmaMappedWalk;
import org.samepage.rmap.RmapWalkControl;

/** Looks into KSM's lists, and moves a merged page as migration would. */
final class KsmPeek {
  private KsmPeek() {}

  static KsmState state(TestMachine m) {
    return m.machine.ksm().state();
  }

  static Folios folios(TestMachine m) {
    return m.machine.memory().folios();
  }

  static boolean listEmpty(TestMachine m) {
    return state(m).ksmMmHead.listEmpty();
  }

  /** The items of a process, by address. */
  static List<KsmRmapItem> items(TestMachine m, UserProcess process) {
    List<KsmRmapItem> items = new ArrayList<>();
    KsmMmSlot slot = state(m).mmSlotsHash.get(process.mm());
    KsmRmapItem item = slot == null ? null : slot.rmapList();
    for (; item != null; item = item.rmapList()) {
      items.add(item);
    }
    return items;
  }

  /** The stable node of the page that a process has at an index. */
  static KsmStableNode node(TestMachine m, UserProcess process, long index) {
    FolioMapping mapping = folios(m).folioRawMapping(TestMachine.pfn(process, index));
    return (KsmStableNode) java.util.Objects.requireNonNull(mapping);
  }

  /** Fills pages {@code [from, to)} with one content. */
  static void fill(UserProcess process, long from, long to, long content) throws Exception {
    for (long i = from; i < to; i++) {
      TestMachine.write(process, i, content);
    }
  }

  /**
   * Moves a merged page to another frame, in the order of folio_migrate_ksm: the new frame has the
   * mapping first, then the node names it, then the old one has none.
   *
   * @return the new frame
   */
  static int migrate(TestMachine m, int from, int nid, Runnable between) {
    Folios folios = folios(m);
    folios.folioGet(from);
    int to = folios.vmaAllocFolioNoprof(nid);
    folios.folioLock(from);
    folios.folioLock(to);
    KsmStableNode node = (KsmStableNode) folios.folioRawMapping(from);
    folios.copyMcUserHighpage(to, from);
    folios.frames().setMapping(to, node);
    m.machine.ksm().rmapWalk().rmapWalkKsm(from, new Mover(folios, to));
    between.run();
    node.kpfn = to;
    between.run();
    folios.frames().setMapping(from, FolioMapping.KSM_WITHOUT_NODE);
    between.run();
    folios.folioUnlock(to);
    folios.folioUnlock(from);
    folios.folioPut(from);
    folios.folioPut(to);
    return to;
  }

  /** Lets each entry that maps the one frame map the other. */
  private static final class Mover extends RmapWalkControl {
    private final Folios folios;
    private final int to;
    private final PageVmaMappedWalk pvmw = new PageVmaMappedWalk();

    Mover(Folios folios, int to) {
      this.folios = folios;
      this.to = to;
    }

    @Override
    public boolean rmapOne(int folio, VmArea vma, long addr) {
      if (pvmw.pageVmaMappedWalk(vma, addr, folio)) {
        PageTable table = pvmw.table();
        int at = PageUnits.pteIndex(addr);
        folios.folioGet(to);
        folios.frames().addMapcountRaw(to, 1);
        table.set(at, Pte.pfnPte(to, table.get(at) & ~Pte.PFN_MASK));
        folios.frames().addMapcountRaw(folio, -1);
        folios.folioPut(folio);
        pvmw.pageVmaMappedWalkDone();
      }
      return true;
    }
  }
}
