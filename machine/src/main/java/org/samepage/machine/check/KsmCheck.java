// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.check;

import static org.samepage.ksm.tree.StableNodes.isStableNodeChain;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.state.KsmMmSlot;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmState;
import org.samepage.machine.Machine;
import org.samepage.machine.fault.parts.KsmZeroPages;
import org.samepage.machine.proc.ProcPagemap;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.pgtable.Pte;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.rb.RbTree;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.Mm;

/** KSM's lists and trees against its counters, and each merged page against its mappings. */
final class KsmCheck {
  private final Machine machine;
  private final KsmState ksm;
  private final Folios folios;
  private final List<String> problems;

  private final Map<Mm, long[]> byMm = new HashMap<>();
  private final Set<KsmStableNode> known = Collections.newSetFromMap(new IdentityHashMap<>());
  private long shared;
  private long sharing;
  private long unshared;
  private long items;
  private long chains;
  private long nodes;
  private long dups;

  KsmCheck(Machine machine, List<String> problems) {
    this.machine = machine;
    this.ksm = machine.ksm().state();
    this.folios = machine.memory().folios();
    this.problems = problems;
  }

  void check() {
    slots();
    for (int nid = 0; nid < ksm.ksmNrNodeIds(); nid++) {
      tree(nid);
    }
    ksm.migrateNodes.forEach(this::node);
    expect(ksm.ksmRmapItems, items, "rmap_items");
    expect(ksm.ksmPagesShared, shared, "pages_shared");
    expect(ksm.ksmPagesSharing, sharing, "pages_sharing");
    expect(ksm.ksmPagesUnshared, unshared, "pages_unshared");
    expect(ksm.ksmStableNodeChains, chains, "stable_node_chains");
    expect(ksm.ksmStableNodeDups, dups, "stable_node_dups");
    expect(ksm.caches.rmapItem.activeObjects(), items, "objects of ksm_rmap_item");
    expect(ksm.caches.stableNode.activeObjects(), nodes, "objects of ksm_stable_node");
    expect(ksm.caches.mmSlot.activeObjects(), byMm.size(), "objects of ksm_mm_slot");
    machine.mms().forEach(this::entries);
  }

  private void slots() {
    for (KsmMmSlot slot = ksm.ksmMmHead.next(); slot != ksm.ksmMmHead; slot = slot.next()) {
      Mm mm = slot.mm();
      if (ksm.mmSlotsHash.get(mm) != slot) {
        problems.add("a slot is on the list, but not in the hash");
      }
      long own = 0;
      long merging = 0;
      long last = -1;
      KsmRmapItem item = slot.rmapList();
      for (; item != null; item = item.rmapList()) {
        own++;
        if (item.pageAddress() <= last) {
          problems.add("items are not in rising order at %#x".formatted(item.pageAddress()));
        }
        last = item.pageAddress();
        unshared += item.isUnstable() ? 1 : 0;
        merging += item.isStable() ? 1 : 0;
      }
      items += own;
      byMm.put(mm, new long[] {own, merging});
      expect(mm.ksmRmapItems, own, "rmap_items of an mm");
      expect(mm.ksmMergingPages, merging, "merging_pages of an mm");
    }
    expect(ksm.mmSlotsHash.size(), byMm.size(), "slots in the hash");
  }

  private void tree(int nid) {
    KsmStableNode before = null;
    for (RbNode at = RbTree.rbFirst(ksm.rootStableTree(nid)); at != null; at = RbTree.rbNext(at)) {
      KsmStableNode node = (KsmStableNode) at;
      KsmStableNode page = isStableNodeChain(node) ? chain(node) : node(node);
      if (page != null) {
        if (before != null && compare(before.kpfn, page.kpfn) >= 0) {
          problems.add("the stable tree is out of order at pfn " + page.kpfn);
        }
        before = page;
      }
    }
  }

  /** Checks a chain; returns one of its live pages. */
  private @Nullable KsmStableNode chain(KsmStableNode chain) {
    chains++;
    nodes++;
    KsmStableNode live = null;
    for (KsmStableNode dup = chain.firstDup(); dup != null; dup = dup.dupNext()) {
      dups++;
      KsmStableNode page = node(dup);
      if (page != null && live != null && compare(live.kpfn, page.kpfn) != 0) {
        problems.add("pages of one chain differ: pfn %d, %d".formatted(live.kpfn, page.kpfn));
      }
      live = page != null ? page : live;
    }
    return live;
  }

  /** Checks a node; returns it if its page is still there. */
  private @Nullable KsmStableNode node(KsmStableNode node) {
    nodes++;
    known.add(node);
    int hanging = 0;
    for (KsmRmapItem item = node.firstItem(); item != null; item = item.hlistNext()) {
      hanging++;
      if (!item.isStable() || item.head != node) {
        problems.add("an item hangs off a node that it does not name");
      }
    }
    expect(node.rmapHlistLen, hanging, "items of a stable node");
    shared += hanging > 0 ? 1 : 0;
    sharing += Math.max(0, hanging - 1);
    return folios.folioRawMapping(node.kpfn) == node ? node : null;
  }

  /** Without counting it as work. */
  private int compare(int a, int b) {
    byte[] one = new byte[PageUnits.PAGE_BYTES];
    byte[] other = new byte[PageUnits.PAGE_BYTES];
    folios.readPage(a, one);
    folios.readPage(b, other);
    return Arrays.compareUnsigned(one, other);
  }

  private void entries(Mm mm) {
    long[] zero = new long[1];
    ProcPagemap.visit(
        mm,
        (addr, pfn) -> {
          PageTable table = mm.pgTables.pteTable(addr);
          long pte = table == null ? 0 : table.getLockless(PageUnits.pteIndex(addr));
          if (KsmZeroPages.isKsmZeroPte(pte)) {
            zero[0]++;
          }
          if (folios.folioRawMapping(pfn) instanceof KsmStableNode node) {
            if (node.kpfn != pfn) {
              problems.add("pfn %d: its stable node has pfn %d".formatted(pfn, node.kpfn));
            }
            if (!known.contains(node)) {
              problems.add("pfn %d: its stable node is in no tree".formatted(pfn));
            }
          }
          if (folios.folioTestKsm(pfn) && Pte.pteWrite(pte)) {
            problems.add("%#x: a merged page may be written".formatted(addr));
          }
        });
    // more are counted where a parent has some that its child did not get
    if (mm.ksmZeroPages.get() < zero[0]) {
      expect(mm.ksmZeroPages.get(), zero[0], "zero pages of an mm");
    }
  }

  private void expect(long seen, long expected, String what) {
    if (seen != expected) {
      problems.add("%s: %d, but counted %d".formatted(what, seen, expected));
    }
  }
}
