// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.output;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.samepage.app.workbench.Workbench;
import org.samepage.ksm.spi.StrategySpec;
import org.samepage.ksm.wiring.Offer;
import org.samepage.machine.config.Profile;
import tools.jackson.databind.json.JsonMapper;

/** The strategies and profiles that there are. */
public record CatalogueDocument(
    Map<String, List<StrategyEntry>> strategies, List<Profile> profiles) {

  /** One strategy. */
  public record StrategyEntry(
      String name, String summary, String origin, List<String> needs, List<String> knownFaults) {
    static StrategyEntry of(Offer<?> offer) {
      StrategySpec spec = offer.spec();
      return new StrategyEntry(
          spec.name(),
          spec.summary(),
          spec.origin(),
          List.of(spec.needs()),
          List.of(spec.knownFaults()));
    }
  }

  /** What a workbench has. */
  public static CatalogueDocument of(Workbench workbench) {
    Map<String, List<StrategyEntry>> strategies = new LinkedHashMap<>();
    workbench
        .catalogue()
        .byPoint()
        .forEach(
            (point, offers) ->
                strategies.put(point, offers.values().stream().map(StrategyEntry::of).toList()));
    return new CatalogueDocument(
        strategies, new ArrayList<>(workbench.configs().profiles().values()));
  }

  public String json() {
    return JsonMapper.builder().build().writeValueAsString(this);
  }

  public void print(PrintWriter out) {
    strategies.forEach(
        (point, entries) -> {
          out.println("strategy." + point);
          for (StrategyEntry entry : entries) {
            out.printf("  %-16s %s%n", entry.name, entry.summary);
            out.printf("  %-16s origin: %s%n", "", entry.origin);
            entry.knownFaults.forEach(fault -> out.printf("  %-16s fault: %s%n", "", fault));
          }
        });
    out.println("profiles");
    for (Profile profile : profiles) {
      out.printf("  %-16s %s%n", profile.name(), profile.summary());
      out.printf("  %-16s class %s; %s%n", "", profile.resultClass(), choices(profile));
    }
  }

  private static String choices(Profile profile) {
    List<String> choices = new ArrayList<>();
    profile.strategies().forEach((point, name) -> choices.add(point + "=" + name));
    return String.join(" ", choices);
  }
}
