// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samepage.app.compare.Comparison;
import org.samepage.app.compare.Row;
import org.samepage.app.compare.Row.Outcome;
import org.samepage.app.output.Progress;
import org.samepage.app.workbench.Workbench;
import org.samepage.ksm.spi.ScanHit;
import org.samepage.ksm.spi.ScanStrategy;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.state.KsmScan;
import org.samepage.ksm.wiring.Offer;
import org.samepage.ksm.wiring.StrategyBundle;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.config.MachineConfig;
import org.samepage.mm.vma.Mm;
import org.samepage.scenario.lang.Scenario;
import org.samepage.scenario.lang.ScenarioParser;

/** A jar of someone else's: a strategy and a profile, found without anything of ours changed. */
final class ThirdPartyStrategyTest {
  @TempDir Path jar;

  /** Sees no page at all, so that its results must differ. */
  @StrategySpec(name = "blind", summary = "Finds nothing.", origin = "this test")
  static final class BlindScanStrategy implements ScanStrategy {
    @Override
    public boolean nextPage(Mm mm, KsmScan cursor, ScanHit hit) {
      cursor.address = Long.MAX_VALUE;
      return false;
    }
  }

  /** What the jar's service file names. */
  public static final class BlindBundle extends StrategyBundle {
    public BlindBundle() {
      super(List.of(new Offer<>(ScanStrategy.class, BlindScanStrategy.class)));
    }
  }

  @Test
  void another_jars_strategy_is_found_and_its_row_is_different() throws Exception {
    Path services = Files.createDirectories(jar.resolve("META-INF/services"));
    Files.writeString(
        services.resolve(StrategyBundle.class.getName()), BlindBundle.class.getName());
    Files.writeString(
        jar.resolve("reference.conf"),
        """
        profiles.blind {
          summary = "sees nothing", class = "none"
          scan = blind, unmerge = per-address, rmap-walk = full-range, rmap-item-layout = none
        }
        """);
    Scenario scenario =
        ScenarioParser.parse(
            Path.of(System.getProperty("samepage.root"), "scenarios/merge-basic.scenario"));
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {jar.toUri().toURL()}, getClass().getClassLoader())) {
      Workbench workbench = new Workbench(loader);
      assertThat(workbench.configs().profileNames()).contains("blind");
      List<MachineConfig> configs =
          List.of(
              workbench.configs().load(ConfigSource.ofProfile("linux-6.18")),
              workbench.configs().load(ConfigSource.ofProfile("blind")));
      List<Row> rows =
          new Comparison(workbench, scenario, Long.MAX_VALUE, line -> {})
              .rows(configs, new Progress());
      assertThat(rows).extracting(Row::outcome).containsExactly(Outcome.EQUAL, Outcome.DIFFERENT);
      assertThat(CompareCommand.exitCode(rows)).isEqualTo(1);
      assertThat(CompareCommand.exitCode(rows.subList(0, 1))).isZero();
      // what a real kernel gave, beside what a scan that finds nothing must give
      assertThat(rows.get(1).differences())
          .contains("ksm.pages_shared: 64 / 0", "ksm.pages_sharing: 256 / 0");
    }
  }
}
