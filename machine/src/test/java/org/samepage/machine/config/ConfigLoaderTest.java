// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samepage.machine.testing.TestMachine;
import org.samepage.mm.pgtable.KernelOptions;

final class ConfigLoaderTest {
  @TempDir Path folder;

  private static MachineConfig load(@Nullable String profile, @Nullable Path file, String... set) {
    return TestMachine.configs().load(new ConfigSource(profile, file, List.of(set)));
  }

  private Path file(String text) throws Exception {
    return Files.writeString(folder.resolve("my.conf"), text);
  }

  @Test
  void options_that_move_bits_are_off_and_each_can_be_set() {
    assertThat(load(null, null).options()).isEqualTo(KernelOptions.REFERENCE);
    assertThat(load(null, null, "machine.soft-dirty=true", "machine.device-private=true").options())
        .isEqualTo(new KernelOptions(true, false, true, false));
    assertThat(load(null, null, "machine.memory-failure=true", "machine.la57=true").options())
        .isEqualTo(new KernelOptions(false, true, false, true));
  }

  @Test
  void the_defaults_are_linux_618_on_one_node() {
    MachineConfig config = load(null, null);
    assertThat(config.profile()).isEqualTo("linux-6.18");
    assertThat(config.strategies())
        .containsEntry("scan", "range-walk-v5")
        .containsEntry("unmerge", "per-address");
    assertThat(config.memory().nodes()).isEqualTo(1);
    assertThat(config.ksm()).containsEntry("pages_to_scan", "100");
  }

  @Test
  void later_wins_reference_profile_file_set() throws Exception {
    Path file = file("profile = ksm-v3\nstrategy.scan = per-address\nksm { smart_scan = 0 }\n");
    assertThat(load(null, file).profile()).isEqualTo("ksm-v3");
    assertThat(load(null, file).strategies()).containsEntry("scan", "per-address");
    assertThat(load("linux-6.17", file).profile()).isEqualTo("linux-6.17");
    MachineConfig all = load(null, file, "strategy.scan=range-walk-v5", "ksm.smart_scan=1");
    assertThat(all.strategies()).containsEntry("scan", "range-walk-v5");
    assertThat(all.ksm()).containsEntry("smart_scan", "1");
    assertThat(load(null, null, "machine.nodes=2", "machine.memory=1G").memory().endPfn())
        .isEqualTo(0x100 + (1 << 18));
  }

  @ParameterizedTest(name = "--set {0} says {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "nonsense|--set takes key=value, not nonsense",
        "=1|--set takes key=value, not =1",
        "ksm.page_to_scan=1|unknown key ksm.page_to_scan; did you mean ksm.pages_to_scan",
        "strategy.scn=per-address|unknown key strategy.scn; did you mean strategy.scan",
        "strategy.scan=perAddress|unknown strategy; there are per-address, range-walk-mm",
        "profile=linux-5|unknown profile linux-5; there are linux-6.17, linux-6.18, linux-6.19,"
            + " linux-7.3",
        "machine.nodes=many|machine.nodes",
        "machine.nodes=100|--set machine.nodes: machine.nodes: a machine has 1 to 64 nodes, not"
            + " 100",
        "machine.memory=0|--set machine.memory: machine.memory: memory must be at least one page",
        "machine.soft-dirty=maybe|machine.soft-dirty",
        "machine.soft_dirty=true|machine.soft-dirty",
        "machine.memory=lots|machine.memory",
        "profiles.x.scan=per-address|unknown key",
        "a..b=1|is not a key"
      })
  void a_setting_that_cannot_be_used_is_refused_with_the_valid_choices(String set, String says) {
    assertThatThrownBy(() -> load(null, null, set))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(says)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  @Test
  void a_strategy_without_what_it_needs_is_refused_with_the_reason() throws Exception {
    assertThatThrownBy(() -> load(null, null, "strategy.rmap-walk=pgoff-bounded"))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(
            "--set strategy.rmap-walk: strategy.rmap-walk = pgoff-bounded needs"
                + " strategy.rmap-item-layout = separate or overlay, and that is none");
    Path file = file("\nstrategy.rmap-item-layout = none\n");
    assertThatThrownBy(() -> load("linux-7.3", file))
        .hasMessageContaining("my.conf:2: strategy.rmap-walk = pgoff-bounded needs");
    assertThatThrownBy(() -> load("rmap-pgoff-fallback", file))
        .hasMessageContaining("strategy.rmap-walk = pgoff-bounded-fallback needs");
    String[] both = {"strategy.rmap-walk=pgoff-bounded", "strategy.rmap-item-layout=overlay"};
    assertThat(load(null, null, both).strategies()).containsEntry("rmap-walk", "pgoff-bounded");
    assertThat(load("rmap-v3", null, "strategy.rmap-item-layout=overlay").strategies())
        .as("a layout that nobody asks is no conflict")
        .containsEntry("rmap-walk", "address-bounded");
  }

  @Test
  void a_file_that_cannot_be_used_is_named_with_its_line() throws Exception {
    assertThatThrownBy(() -> load(null, folder.resolve("none.conf")))
        .hasMessageEndingWith("none.conf: cannot be read");
    assertThatThrownBy(() -> load(null, folder)).hasMessageEndingWith(": cannot be read");
    Path unknown = file("machine.nodes = 1\n\nksm.smart_scam = 0\n");
    assertThatThrownBy(() -> load(null, unknown))
        .hasMessageContaining("my.conf:3: unknown key ksm.smart_scam; did you mean ksm.smart_scan");
    Path strategy = file("\nstrategy { scan = x }\n");
    assertThatThrownBy(() -> load(null, strategy))
        .hasMessageContaining("my.conf:2: strategy.scan = x: unknown strategy; there are");
    Path broken = file("ksm {\n");
    assertThatThrownBy(() -> load(null, broken)).hasMessageContaining("my.conf:");
    Path binary = folder.resolve("b.conf");
    Files.write(binary, new byte[] {0, 1, 2, (byte) 0xff, 3});
    assertThatThrownBy(() -> load(null, binary)).isInstanceOf(ConfigurationException.class);
  }

  @Test
  void a_start_value_that_the_kernel_refuses_is_refused_at_boot() {
    assertThatThrownBy(() -> TestMachine.boot("linux-6.18", "ksm.max_page_sharing=1"))
        .hasMessageContaining("ksm.max_page_sharing = 1: refused with EINVAL");
    try (TestMachine m = TestMachine.boot("linux-6.18", "ksm.use_zero_pages=1")) {
      assertThat(m.ksm("use_zero_pages")).isEqualTo(1);
    }
  }
}
