// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import com.google.inject.multibindings.Multibinder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.samepage.ksm.advisor.Advisor;
import org.samepage.ksm.advisor.Advisors;
import org.samepage.ksm.advisor.NoAdvisor;
import org.samepage.ksm.advisor.ScanTimeAdvisor;
import org.samepage.ksm.control.KsmSysfs;
import org.samepage.ksm.control.Ksmd;
import org.samepage.ksm.control.KsmdThread;
import org.samepage.ksm.folio.KsmFolios;
import org.samepage.ksm.hotremove.KsmHotRemove;
import org.samepage.ksm.merge.CmpAndMerge;
import org.samepage.ksm.merge.PageReplacer;
import org.samepage.ksm.rmapwalk.CollectProcsKsm;
import org.samepage.ksm.rmapwalk.RmapWalkKsm;
import org.samepage.ksm.scan.KsmScanner;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.state.KsmCaches;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.trace.KsmTracepoints;
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
import org.samepage.mm.port.Fidelity;
import org.samepage.mm.port.PortedFrom;
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
import org.samepage.rmap.split.SplitFolio;

/**
 * KSM of one machine. Needs its {@link Strategies}, their layout on its own, a PageHash, and
 * mm-core, pagewalk and rmap.
 */
@PortedFrom(
    value = "mm/ksm.c:ksm_init",
    fidelity = Fidelity.ADAPTED,
    differs = "what there is, is made when it is asked for; whoever wants ksmd's thread starts it")
public final class KsmModule extends AbstractModule {
  @Override
  protected void configure() {
    bind(KsmRmapWalk.class).to(RmapWalkKsm.class);
    // for advisors from elsewhere
    Multibinder.newSetBinder(binder(), Advisor.class);
  }

  @Provides
  @Singleton
  KsmState state(Sched sched, KernelClock clock, PageAllocator allocator) {
    return new KsmState(sched, clock, new KsmCaches(sched), allocator.nrNodeIds());
  }

  @Provides
  @Singleton
  KsmTracepoints tracepoints() {
    return new KsmTracepoints();
  }

  /** In the order in which {@code advisor_mode} lists them; the first one is chosen at boot. */
  @Provides
  @Singleton
  Advisors advisors(
      KsmState state, Sched sched, KernelClock clock, KsmTracepoints trace, Set<Advisor> others) {
    Map<String, Advisor> byName = new LinkedHashMap<>();
    Advisor none = new NoAdvisor(state.knobs);
    byName.put(none.name(), none);
    Advisor scanTime = new ScanTimeAdvisor(state.knobs, sched, clock, trace);
    byName.put(scanTime.name(), scanTime);
    others.forEach(advisor -> byName.put(advisor.name(), advisor));
    return new Advisors(byName);
  }

  @Provides
  @Singleton
  KsmHotRemove hotRemove(KsmState state, StableNodes nodes, Sched sched, KernelLog log) {
    return new KsmHotRemove(state, nodes, sched, log);
  }

  @Provides
  @Singleton
  KsmdThread ksmdThread(
      KsmState state,
      KsmSlots slots,
      KsmScanner scanner,
      KsmHotRemove hotRemove,
      Sched sched,
      Ksmd ksmd) {
    return new KsmdThread(state, slots, scanner, hotRemove, sched, ksmd);
  }

  @Provides
  @Singleton
  KsmSlots slots(KsmState state, KsmTracepoints trace) {
    return new KsmSlots(state, trace);
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
      KernelLog log,
      KsmTracepoints trace) {
    return new StableNodes(state, layout, sched, folios, allocator, anonVmas, log, trace);
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
      KsmState state, Sched sched, StableNodes nodes, Folios folios, AnonRmap rmap, KernelLog log) {
    return new KsmFolios(state, sched, nodes, folios, rmap, log);
  }

  @Provides
  @Singleton
  PageReplacer pageReplacer(
      KsmState state, Folios folios, AnonRmap rmap, SwapDevice swap, SwapTypes types) {
    return new PageReplacer(state, folios, rmap, swap, types);
  }

  @Provides
  @Singleton
  CollectProcsKsm collectProcsKsm(Sched sched, StableNodes nodes) {
    return new CollectProcsKsm(sched, nodes);
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
      SplitFolio splitFolio,
      PageHash hash,
      KsmTracepoints trace) {
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
        splitFolio,
        hash,
        trace);
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
      Folios folios,
      Advisors advisors,
      KsmTracepoints trace) {
    return new KsmScanner(
        state,
        slots,
        strategies.scan(),
        strategies.rmapItemLayout(),
        items,
        nodes,
        cmpAndMerge,
        sched,
        folios,
        advisors,
        trace);
  }

  @Provides
  @Singleton
  Ksmd ksmd(
      KsmState state,
      KsmSlots slots,
      KsmScanner scanner,
      KsmHotRemove hotRemove,
      Advisors advisors,
      Sched sched,
      ProbeBudget budget) {
    return new Ksmd(state, slots, scanner, hotRemove, advisors, sched, budget);
  }

  @Provides
  @Singleton
  KsmSysfs sysfs(
      KsmState state,
      UnmergeAll unmergeAll,
      StableNodes nodes,
      KsmHotRemove hotRemove,
      Advisors advisors,
      Strategies strategies,
      ProbeBudget budget) {
    return new KsmSysfs(
        state, unmergeAll, nodes, hotRemove, advisors, strategies.rmapItemLayout(), budget);
  }
}
