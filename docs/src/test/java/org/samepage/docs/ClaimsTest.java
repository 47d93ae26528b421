// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each claim of the ledger has a command that runs here, and prints what the verdict rests on. */
final class ClaimsTest {
  private static final Path ROOT = Path.of(System.getProperty("samepage.root"));

  @TempDir Path folder;

  @Test
  void every_command_prints_what_the_verdict_rests_on() throws Exception {
    ClaimsPage page = new ClaimsPage(ROOT, folder);
    List<Claim> claims = page.claims();
    assertThat(claims).hasSizeGreaterThan(60);
    assertThat(claims.stream().map(Claim::id).distinct().count()).isEqualTo(claims.size());
    List<String> failed = new ArrayList<>();
    for (Claim claim : claims) {
      for (Claim.Step step : claim.steps()) {
        try {
          page.check(claim, step);
        } catch (ClaimsPage.FailedClaimException e) {
          failed.add(e.getMessage());
        }
      }
      for (String test : claim.tests()) {
        assertThat(page.command(claim, test)).startsWith("mvn -B test -pl ");
      }
      assertThat(claim.verdict().toLowerCase(Locale.ROOT))
          .as(claim.id())
          .matches("(holds|refuted here).*");
    }
    assertThat(failed).isEmpty();
  }

  @Test
  void every_scenario_of_the_ledger_is_used() throws Exception {
    String ledger = Files.readString(ROOT.resolve("docs/claims/claims.txt"));
    try (var files = Files.list(ROOT.resolve("docs/claims"))) {
      assertThat(
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> name.endsWith(".scenario"))
                  .filter(name -> !ledger.contains("docs/claims/" + name + " "))
                  .collect(Collectors.toList()))
          .isEmpty();
    }
  }

  @Test
  void a_figure_is_found_whole_alone() {
    Samepage.Printed printed =
        new Samepage.Printed("", 0, "probes=262146 frames=2\n9,417 entries, sharing=16\n");
    assertThat(new Claim.Step("", List.of("frames=2", "sharing=16")).shown(printed)).hasSize(2);
    assertThat(new Claim.Step("", List.of("9,417")).shown(printed))
        .containsExactly("9,417 entries, sharing=16");
    for (String part : List.of("probes=26", "sharing=1", "417", "9", "262146 frames=2\n9")) {
      assertThat(new Claim.Step("", List.of(part)).shown(printed)).as(part).isEmpty();
    }
  }

  @Test
  void a_claim_that_does_not_hold_or_has_no_command_fails() throws Exception {
    Path ledger = Files.createDirectories(folder.resolve("docs/claims")).resolve("claims.txt");
    String claim = "== x\nseed: 0\nwho: w\nsays: s\nverdict: holds\n";
    Files.writeString(ledger, claim);
    assertThatThrownBy(() -> Claim.read(ledger)).hasMessageContaining("claim x needs seed");
    Files.writeString(ledger, claim + "run: explain full-range\nprints: no such thing\n");
    assertThatThrownBy(() -> new ClaimsPage(folder, folder).page())
        .isInstanceOf(ClaimsPage.FailedClaimException.class)
        .hasMessageContaining("claim x: explain full-range should print [no such thing]");
    Files.writeString(ledger, claim + "test: ClaimsTest#no_such_test\n");
    assertThatThrownBy(() ->
            new ClaimsPage(ROOT, folder)
                .command(Claim.read(ledger).getFirst(), "ClaimsTest#no_such_test"))
        .isInstanceOf(ClaimsPage.FailedClaimException.class)
        .hasMessage("claim x: there is no test ClaimsTest#no_such_test");
  }
}
