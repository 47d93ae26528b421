// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.bench;

import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.samepage.ksm.state.KsmRmapItem;
import org.samepage.ksm.trace.KsmTracepoints;
import org.samepage.ksm.wiring.StrategyCatalogue;
import org.samepage.machine.Machine;
import org.samepage.machine.config.ConfigLoader;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.trace.JfrKsmTrace;
import org.samepage.machine.wiring.MachineBoot;
import org.samepage.mm.vma.Mm;

/**
 * One trace point passed as ksmd passes it once for each page that it merges: nobody told, as a
 * machine is booted, Flight Recorder in use for other events, and recording this one.
 *
 * <p>A page that merges costs more than a microsecond besides.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 2,
    jvmArgsAppend = {
      "-XX:+UseCompactObjectHeaders",
      "-XX:+UseSerialGC",
      "--enable-native-access=ALL-UNNAMED",
      "--sun-misc-unsafe-memory-access=allow"
    })
public class TracePointCost {
  /** {@code none}: no probe; {@code off}: as booted; {@code used}: for others; {@code on}: this. */
  @Param({"none", "off", "used", "on"})
  public String told = "none";

  private final KsmTracepoints trace = new KsmTracepoints();
  private Machine machine;
  private KsmRmapItem item;
  private @Nullable Recording recording;
  private int pfn;

  /** Made by JMH. */
  @SuppressWarnings("NullAway.Init") // set up before it is measured
  public TracePointCost() {}

  /** An item to tell of, and whoever is told. */
  @Setup
  public void setUp() {
    ClassLoader loader = TracePointCost.class.getClassLoader();
    StrategyCatalogue catalogue = StrategyCatalogue.load(loader);
    ConfigLoader configs = new ConfigLoader(loader, catalogue);
    machine = new MachineBoot(catalogue).boot(configs.load(ConfigSource.ofProfile("linux-6.18")));
    item = new KsmRmapItem(machine.newProcess().mm(), 0x1000_0000_0000L);
    if (!told.equals("none")) {
      trace.tracepointProbeRegister(new JfrKsmTrace());
    }
    if (told.equals("used")) {
      recording = new Recording();
      recording.start();
    }
    if (told.equals("on")) {
      recording = new Recording();
      recording.enable("ksm.ksm_merge_with_ksm_page").withoutStackTrace();
      recording.setMaxSize(1 << 24);
      recording.start();
    }
  }

  /** The same without a trace point. */
  @Benchmark
  public int without() {
    return ++pfn;
  }

  /** With one. */
  @Benchmark
  public int with() {
    int page = ++pfn;
    if (trace.enabled()) {
      Mm mm = item.mm;
      trace.emit(t -> t.ksmMergeWithKsmPage(page, page, item, mm, 0));
    }
    return page;
  }

  /** Ends the recording. */
  @TearDown
  public void tearDown() {
    if (recording != null) {
      recording.close();
    }
    machine.close();
  }
}
