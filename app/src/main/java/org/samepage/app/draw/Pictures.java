// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.draw;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.samepage.ksm.state.KsmMmSlot;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.state.KsmStableNode;
import org.samepage.ksm.state.KsmState;
import org.samepage.machine.Machine;
import org.samepage.mm.rb.RbNode;
import org.samepage.mm.vma.AnonVma;
import org.samepage.mm.vma.AnonVmaChain;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.vma.VmArea;

/** What can be drawn of a machine. */
public enum Pictures {
  /** A process's page tables. */
  TABLES {
    @Override
    public String of(Machine machine, String process, Map<String, Mm> all) {
      Mm mm = mm(process, all);
      Svg svg = new Svg("page tables of " + process);
      new TablesPicture(svg, pfn -> machine.memory().folios().folioMapcount((int) pfn))
          .draw("page tables of " + process, mm.pgTables);
      return svg.document();
    }
  },
  /** A process's VMAs. */
  VMAS {
    @Override
    public String of(Machine machine, String process, Map<String, Mm> all) {
      Mm mm = mm(process, all);
      Svg svg = new Svg("VMAs of " + process);
      new ListPictures(svg).vmas("VMAs of " + process, mm);
      return svg.document();
    }
  },
  /** What ksmd remembers of a process's pages. */
  ITEMS {
    @Override
    public String of(Machine machine, String process, Map<String, Mm> all) {
      Mm mm = mm(process, all);
      Svg svg = new Svg("items of " + process);
      KsmMmSlot slot = machine.ksm().state().mmSlotsHash.get(mm);
      new ListPictures(svg).items("items of " + process, slot == null ? null : slot.rmapList());
      return svg.document();
    }
  },
  /** KSM's stable and unstable trees. */
  TREES {
    @Override
    public String of(Machine machine, String process, Map<String, Mm> all) {
      Svg svg = new Svg("the stable and the unstable tree");
      KsmState state = machine.ksm().state();
      for (int nid = 0; nid < state.ksmNrNodeIds(); nid++) {
        String node = state.ksmNrNodeIds() == 1 ? "" : " of node " + nid;
        TreePicture.draw(
            svg, "stable tree" + node, state.rootStableTree(nid), Pictures::stableLabel);
        TreePicture.draw(
            svg,
            "unstable tree" + node + " (of the last pass)",
            state.rootUnstableTree(nid),
            Pictures::unstableLabel);
      }
      return svg.document();
    }
  },
  /** The interval trees of a process's anon_vmas. */
  INTERVAL_TREE {
    @Override
    public String of(Machine machine, String process, Map<String, Mm> all) {
      Mm mm = mm(process, all);
      Svg svg = new Svg("interval trees of " + process);
      Map<Long, AnonVma> anonVmas = new LinkedHashMap<>();
      for (int i = 0; i < mm.vmas.size(); i++) {
        VmArea vma = mm.vmas.get(i);
        for (AnonVmaChain c = vma.oldestChain(); c != null; c = c.prevSameVma()) {
          anonVmas.putIfAbsent(c.anonVma.id, c.anonVma);
        }
      }
      if (anonVmas.isEmpty()) {
        svg.text(0, Svg.LINE, process + " has no anon_vma", "caption");
      }
      anonVmas
          .values()
          .forEach(anonVma ->
              TreePicture.draw(
                  svg,
                  "anon_vma %d: VMAs by page offset".formatted(anonVma.id),
                  anonVma.rbRoot,
                  node -> chainLabel(node, all)));
      return svg.document();
    }
  };

  /** Duplicates of a chain that are named. */
  private static final int MOST_DUPS = 8;

  /**
   * The picture as an SVG document.
   *
   * @param process whose
   * @param all address spaces by the names of their processes
   */
  public abstract String of(Machine machine, String process, Map<String, Mm> all);

  private static Mm mm(String process, Map<String, Mm> all) {
    return Objects.requireNonNull(all.get(process), process);
  }

  private static List<String> stableLabel(RbNode node) {
    KsmStableNode stable = (KsmStableNode) node;
    if (stable.rmapHlistLen == KsmStableNode.STABLE_NODE_CHAIN) {
      List<String> dups = new ArrayList<>();
      for (KsmStableNode d = stable.firstDup(); d != null; d = d.dupNext()) {
        dups.add(
            (dups.isEmpty() ? "frame 0x%x: %d items" : "0x%x: %d")
                .formatted(d.kpfn, d.rmapHlistLen));
      }
      String rest = dups.size() > MOST_DUPS ? ", …" : "";
      return List.of(
          "chain of %d duplicates".formatted(dups.size()),
          String.join(", ", dups.subList(0, Math.min(dups.size(), MOST_DUPS))) + rest);
    }
    return List.of("frame 0x%x".formatted(stable.kpfn), stable.rmapHlistLen + " items");
  }

  private static List<String> unstableLabel(RbNode node) {
    KsmRmapItem item = (KsmRmapItem) node;
    return List.of(
        "page 0x%x".formatted(item.pageAddress()), "checksum %08x".formatted(item.oldchecksum()));
  }

  private static List<String> chainLabel(RbNode node, Map<String, Mm> all) {
    AnonVmaChain chain = (AnonVmaChain) node;
    VmArea vma = chain.vma;
    String owner =
        all.entrySet().stream()
            .filter(process -> process.getValue() == vma.vmMm)
            .map(process -> process.getKey() + " ")
            .findFirst()
            .orElse("");
    return List.of(
        "%s0x%x-0x%x".formatted(owner, vma.vmStart, vma.vmEnd),
        "offsets 0x%x..0x%x".formatted(vma.vmPgoff, vma.vmPgoff + vma.vmaPages() - 1),
        "last below 0x%x".formatted(chain.rbSubtreeLast));
  }
}
