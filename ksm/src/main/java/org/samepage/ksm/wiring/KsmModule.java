// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import org.samepage.ksm.control.KsmSysfs;
import org.samepage.ksm.control.Ksmd;
import org.samepage.ksm.folio.KsmFolios;
import org.samepage.ksm.merge.CmpAndMerge;
import org.samepage.ksm.merge.PageReplacer;
import org.samepage.ksm.rmapwalk.RmapWalkKsm;
import org.samepage.ksm.scan.KsmScanner;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.tree.MergeableVmas;
import org.samepage.ksm.tree.RmapItems;
import org.samepage.ksm.tree.StableNodes;
import org.samepage.ksm.tree.StableTree;
import org.samepage.ksm.tree.UnstableTree;
import org.samepage.ksm.unmerge.BreakCow;
import org.samepage.ksm.unmerge.KsmMadvise;
import org.samepage.ksm.unmerge.UnmergeAll;
import org.samepage.mm.pgtable.SwapTypes;
import org.samepage.mm.phys.Folios;
import org.samepage.mm.phys.PageAllocator;
import org.samepage.mm.report.KernelLog;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.spi.PageHash;
import org.samepage.mm.swap.SwapDevice;
import org.samepage.mm.time.KernelClock;
import org.samepage.mm.work.ProbeBudget;
import org.samepage.pagewalk.FolioWalk;
import org.samepage.rmap.AnonRmap;
import org.samepage.rmap.AnonVmas;
import org.samepage.rmap.KsmRmapWalk;

/**
 * KSM of one machine. Needs its {@link Strategies}, their layout on its own, a PageHash, and
 * mm-core, pagewalk and rmap.
 */
public final class KsmModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(KsmRmapWalk.class).to(RmapWalkKsm.class);
  }

  @Provides
  @Singleton
  KsmState state(Sched sched, PageAllocator allocator) {
    return new KsmState(sched, allocator.nrNodeIds());
  }

  @Provides
  @Singleton
  KsmSlots slots(KsmState state) {
    return new KsmSlots(state);
  }

  @Provides
  @Singleton
  StableNodes stableNodes(
      KsmState state,
      RmapItemLayout layout,
      Sched sched,
      Folios folios,
      PageAllocator allocator,
      AnonVmas anonVmas,
      KernelLog log) {
    return new StableNodes(state, layout, sched, folios, allocator, anonVmas, log);
  }

  @Provides
  @Singleton
  StableTree stableTree(
      KsmState state,
      StableNodes nodes,
      Sched sched,
      Folios folios,
      KernelClock clock,
      KernelLog log) {
    return new StableTree(state, nodes, sched, folios, clock, log);
  }

  @Provides
  @Singleton
  MergeableVmas mergeableVmas(Folios folios, FolioWalk folioWalk) {
    return new MergeableVmas(folios, folioWalk);
  }

  @Provides
  @Singleton
  UnstableTree unstableTree(
      KsmState state,
      StableNodes nodes,
      MergeableVmas vmas,
      Sched sched,
      Folios folios,
      PageAllocator allocator) {
    return new UnstableTree(state, nodes, vmas, sched, folios, allocator);
  }

  @Provides
  @Singleton
  RmapItems rmapItems(
      KsmState state,
      StableNodes nodes,
      RmapItemLayout layout,
      Sched sched,
      Folios folios,
      KernelLog log) {
    return new RmapItems(state, nodes, layout, sched, folios, log);
  }

  @Provides
  @Singleton
  BreakCow breakCow(StableNodes nodes, Strategies strategies) {
    return new BreakCow(nodes, strategies.rmapItemLayout(), strategies.unmerge());
  }

  @Provides
  @Singleton
  UnmergeAll unmergeAll(
      KsmState state, KsmSlots slots, RmapItems items, StableNodes nodes, Strategies strategies) {
    return new UnmergeAll(state, slots, items, nodes, strategies.unmerge());
  }

  @Provides
  @Singleton
  KsmMadvise ksmMadvise(KsmSlots slots, Strategies strategies, ProbeBudget budget) {
    return new KsmMadvise(slots, strategies.unmerge(), budget);
  }

  @Provides
  @Singleton
  RmapWalkKsm rmapWalkKsm(
      StableNodes nodes, Sched sched, Folios folios, KernelLog log, Strategies strategies) {
    return new RmapWalkKsm(nodes, sched, folios, log, strategies.rmapWalk());
  }

  @Provides
  @Singleton
  KsmFolios ksmFolios(
      KsmState state, StableNodes nodes, Folios folios, AnonRmap rmap, KernelLog log) {
    return new KsmFolios(state, nodes, folios, rmap, log);
  }

  @Provides
  @Singleton
  PageReplacer pageReplacer(
      KsmState state, Folios folios, AnonRmap rmap, SwapDevice swap, SwapTypes types) {
    return new PageReplacer(state, folios, rmap, swap, types);
  }

  @Provides
  @Singleton
  CmpAndMerge cmpAndMerge(
      KsmState state,
      StableNodes nodes,
      RmapItemLayout layout,
      StableTree stableTree,
      UnstableTree unstableTree,
      RmapItems items,
      BreakCow breakCow,
      Sched sched,
      Folios folios,
      AnonVmas anonVmas,
      PageReplacer replacer,
      PageHash hash) {
    return new CmpAndMerge(
        state,
        nodes,
        layout,
        stableTree,
        unstableTree,
        items,
        breakCow,
        sched,
        folios,
        anonVmas,
        replacer,
        hash);
  }

  @Provides
  @Singleton
  KsmScanner scanner(
      KsmState state,
      KsmSlots slots,
      Strategies strategies,
      RmapItems items,
      StableNodes nodes,
      CmpAndMerge cmpAndMerge,
      Sched sched,
      Folios folios) {
    return new KsmScanner(
        state,
        slots,
        strategies.scan(),
        strategies.rmapItemLayout(),
        items,
        nodes,
        cmpAndMerge,
        sched,
        folios);
  }

  @Provides
  @Singleton
  Ksmd ksmd(KsmState state, KsmSlots slots, KsmScanner scanner, Sched sched, ProbeBudget budget) {
    return new Ksmd(state, slots, scanner, sched, budget);
  }

  @Provides
  @Singleton
  KsmSysfs sysfs(
      KsmState state,
      UnmergeAll unmergeAll,
      StableNodes nodes,
      Strategies strategies,
      ProbeBudget budget) {
    return new KsmSysfs(state, unmergeAll, nodes, strategies.rmapItemLayout(), budget);
  }
}
