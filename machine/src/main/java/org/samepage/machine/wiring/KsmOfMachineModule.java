// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.Provider;
import com.google.inject.Provides;
import com.google.inject.Singleton;
import java.util.Map;
import java.util.Objects;
import org.samepage.ksm.control.KsmSysfs;
import org.samepage.ksm.control.Ksmd;
import org.samepage.ksm.control.KsmdThread;
import org.samepage.ksm.folio.KsmFolios;
import org.samepage.ksm.hotremove.KsmHotRemove;
import org.samepage.ksm.rmapwalk.CollectProcsKsm;
import org.samepage.ksm.rmapwalk.RmapWalkKsm;
import org.samepage.ksm.slots.KsmSlots;
import org.samepage.ksm.spi.ExtensionPoint;
import org.samepage.ksm.spi.RmapItemLayout;
import org.samepage.ksm.spi.RmapWalkStrategy;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.spi.StrategySettings;
import org.samepage.ksm.spi.UnmergeStrategy;
import org.samepage.ksm.state.KsmState;
import org.samepage.ksm.trace.KsmTracepoints;
import org.samepage.ksm.unmerge.MergeAny;
import org.samepage.ksm.wiring.Strategies;
import org.samepage.machine.Machine;
import org.samepage.machine.config.MachineConfig;
import org.samepage.machine.hash.DigestHash;
import org.samepage.machine.hash.Xxh64;
import org.samepage.machine.trace.JfrKsmTrace;
import org.samepage.mm.phys.PageContents;
import org.samepage.mm.spi.PageHash;

/** The machine's KSM, and the strategies that it runs with. */
final class KsmOfMachineModule extends AbstractModule {
  private final MachineConfig config;
  private final PageContents.Form contents;

  KsmOfMachineModule(MachineConfig config, PageContents.Form contents) {
    this.config = config;
    this.contents = contents;
  }

  @Override
  protected void configure() {
    bind(PageHash.class).to(contents == PageContents.Form.BYTES ? Xxh64.class : DigestHash.class);
    bind(StrategySettings.class).toInstance(new StrategySettings(config.ext()));
  }

  @Provides
  Xxh64 xxh64() {
    return new Xxh64();
  }

  @Provides
  DigestHash digestHash() {
    return new DigestHash();
  }

  @Provides
  @Singleton
  Strategies strategies(
      Map<String, Provider<ScanStrategy>> scan,
      Map<String, Provider<UnmergeStrategy>> unmerge,
      Map<String, Provider<RmapWalkStrategy>> rmapWalk,
      RmapItemLayout layout) {
    return new Strategies(
        pick(ScanStrategy.class, scan),
        pick(UnmergeStrategy.class, unmerge),
        pick(RmapWalkStrategy.class, rmapWalk),
        layout);
  }

  @Provides
  @Singleton
  RmapItemLayout rmapItemLayout(Map<String, Provider<RmapItemLayout>> layout) {
    return pick(RmapItemLayout.class, layout);
  }

  private <S> S pick(Class<S> point, Map<String, Provider<S>> known) {
    ExtensionPoint name = Objects.requireNonNull(point.getAnnotation(ExtensionPoint.class));
    String chosen = Objects.requireNonNull(config.strategies().get(name.value()), name.value());
    return Objects.requireNonNull(known.get(chosen), chosen).get();
  }

  @Provides
  @Singleton
  Machine.Ksm ksm(
      KsmState state,
      Ksmd ksmd,
      KsmdThread thread,
      KsmSysfs sysfs,
      KsmTracepoints tracepoints,
      KsmHotRemove hotRemove,
      KsmSlots slots,
      MergeAny mergeAny,
      RmapWalkKsm rmapWalk,
      CollectProcsKsm collectProcs,
      KsmFolios folios,
      Strategies strategies) {
    tracepoints.tracepointProbeRegister(new JfrKsmTrace());
    return new Machine.Ksm(
        state,
        ksmd,
        thread,
        sysfs,
        tracepoints,
        hotRemove,
        slots,
        mergeAny,
        rmapWalk,
        collectProcs,
        folios,
        strategies);
  }
}
