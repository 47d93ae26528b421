// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.samepage.ksm.wiring.StrategyCatalogue;
import org.samepage.machine.Machine;
import org.samepage.machine.config.ConfigLoader;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.wiring.MachineBoot;
import org.samepage.scenario.backend.Backend;
import org.samepage.scenario.lang.ScenarioException;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.run.ScenarioRunner;

/**
 * One full pass over the pages of one process, smart scan off: the first pass, which hashes; the
 * second, which searches and merges; a third and later one, where everything has settled.
 *
 * <p>Contents are written for real, one page after the other, as {@code kernel/scan_throughput.c}
 * writes them.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 8)
@Measurement(iterations = 12)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "-XX:+UseCompactObjectHeaders",
      "-XX:+UseSerialGC",
      "-Xms4g",
      "-Xmx4g",
      "--enable-native-access=ALL-UNNAMED",
      "--sun-misc-unsafe-memory-access=allow"
    })
public class ScanPass {
  /** Pages of the process. */
  @Param("65536")
  public int pages;

  /** {@code distinct}: all different; {@code same}: all equal. */
  @Param({"distinct", "same"})
  public String content = "distinct";

  /** Which pass is measured, from 1. */
  @Param({"1", "2", "3", "4"})
  public int pass;

  private Machine machine;

  /** Made by JMH. */
  @SuppressWarnings("NullAway.Init") // set up before each pass
  public ScanPass() {}

  /** A machine on which all passes before the measured one have run. */
  @Setup(Level.Iteration)
  public void setUp() throws ScenarioException {
    ClassLoader loader = ScanPass.class.getClassLoader();
    StrategyCatalogue catalogue = StrategyCatalogue.load(loader);
    ConfigLoader configs = new ConfigLoader(loader, catalogue);
    machine = new MachineBoot(catalogue).boot(configs.load(ConfigSource.ofProfile("linux-6.18")));
    Backend backend = new PortBackend(machine);
    String filled = content.equals("same") ? "id=1" : "seq=0";
    String scenario =
        """
        ksm smart_scan=0
        process A
        A mmap X %dp
        A write X %s
        A madvise X MERGEABLE
        """
            .formatted(pages, filled);
    ScenarioRunner.run(ScenarioParser.parse("scan-pass", scenario), backend, line -> {});
    for (int i = 1; i < pass; i++) {
      machine.ksm().ksmd().fullPass();
    }
  }

  /** The measured pass. */
  @Benchmark
  public boolean pass() {
    return machine.ksm().ksmd().fullPass();
  }

  /** Gives the contents back. */
  @TearDown(Level.Iteration)
  public void tearDown() {
    machine.close();
  }
}
