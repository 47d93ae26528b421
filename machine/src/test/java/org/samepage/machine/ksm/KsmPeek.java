// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.ksm;

import java.util.ArrayList;
import java.util.List;
import org.samepage.ksm.state.KsmMmSlot;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmState;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.machine.migrate.MovePages;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.phys.FolioMapping;
import org.samepage.mm.phys.Folios;

/** Looks into KSM's lists, and moves a merged page. */
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

  /** Moves a page, which others may map too, by move_pages. */
  static void moveToNode(UserProcess process, long index, int nid) {
    if (!tryToMove(process, index, nid)) {
      throw new IllegalStateException("page " + index + " does not move");
    }
  }

  /** As {@link #moveToNode}; says whether it did. */
  static boolean tryToMove(UserProcess process, long index, int nid) {
    try {
      long[] page = {TestMachine.page(index)};
      return process.movePages(page, new int[] {nid}, new int[1], MovePages.MPOL_MF_MOVE_ALL) == 0;
    } catch (SyscallException e) {
      throw new IllegalStateException(e);
    }
  }
}
