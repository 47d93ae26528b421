// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.samepage.app.workbench.Workbench;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.wiring.Offer;
import org.samepage.machine.config.Profile;

/** The page of strategies says what the strategies say of themselves. */
final class StrategiesPageTest {
  private static final Path ROOT = Path.of(System.getProperty("samepage.root"));
  private static final Path PAGE = ROOT.resolve("docs/reference/strategies.adoc");
  private static final Path CONTRACTS = ROOT.resolve("docs/reference/contracts.adoc");
  private static final String BEGIN = "// what the strategies say of themselves begins\n";
  private static final String END = "// what the strategies say of themselves ends\n";

  private static final Workbench WORKBENCH = new Workbench();

  private static Map<String, Map<String, Offer<?>>> points() {
    return WORKBENCH.catalogue().byPoint();
  }

  private static String cell(String... sentences) {
    return String.join(" ", sentences).replace("|", "\\|");
  }

  private static String tables() {
    StringBuilder text = new StringBuilder();
    points()
        .forEach((point, offers) -> {
          text.append("\n== ").append(point).append("\n\n");
          text.append("[cols=\"2,4,4,4,4,4\",options=\"header\"]\n|===\n");
          text.append("|name |does |origin |cost |known faults, needs |told by\n");
          for (Offer<?> offer : offers.values()) {
            StrategySpec spec = offer.spec();
            List<String> but = new ArrayList<>(List.of(spec.knownFaults()));
            for (String need : spec.needs()) {
              but.add("Needs " + need.replace("|", " or ") + ".");
            }
            text.append("\n|`").append(spec.name()).append("`\n");
            text.append('|').append(cell(spec.summary())).append('\n');
            text.append('|').append(cell(spec.origin())).append('\n');
            text.append('|').append(cell(spec.cost())).append('\n');
            text.append('|').append(but.isEmpty() ? "-" : cell(but.toArray(new String[0])));
            text.append("\n|").append(cell(spec.tells())).append('\n');
          }
          text.append("|===\n");
        });
    return text.append('\n').toString();
  }

  @Test
  void its_tables_are_those_of_the_catalogue() throws Exception {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    int end = page.indexOf(END);
    if (System.getProperty("samepage.format", "check").equals("write")) {
      Files.writeString(PAGE, page.substring(0, begin) + tables() + page.substring(end));
      return;
    }
    assertThat(page.substring(begin, end))
        .as("mvn -q -Pformat test -Dtest=StrategiesPageTest writes it")
        .isEqualTo(tables());
  }

  @Test
  void every_strategy_says_what_it_costs_and_which_scenario_tells_it() {
    points()
        .forEach((point, offers) ->
            offers.forEach((name, offer) -> {
              String where = point + " " + name;
              assertThat(offer.spec().cost()).as(where).isNotBlank();
              String scenario = offer.spec().tells().split(":", 2)[0];
              if (!scenario.equals("none")) {
                assertThat(ROOT.resolve("scenarios/" + scenario + ".scenario")).as(where).exists();
              }
            }));
  }

  @Test
  void the_table_of_profiles_is_that_of_the_configuration() throws Exception {
    String page = Files.readString(CONTRACTS);
    for (Profile profile : WORKBENCH.configs().profiles().values()) {
      Map<String, String> choice = profile.strategies();
      String row =
          "|%s |%s |%s |%s |%s\n"
              .formatted(
                  choice.get("scan"),
                  choice.get("unmerge"),
                  choice.get("rmap-walk"),
                  choice.get("rmap-item-layout"),
                  profile.resultClass());
      assertThat(page.lines().filter(line -> line.startsWith("|`" + profile.name() + "`")))
          .singleElement()
          .asString()
          .endsWith(row.stripTrailing());
    }
  }
}
