// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.wiring;

import com.google.inject.Module;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** All strategies that are to be had, by extension point and name. */
public final class StrategyCatalogue {
  private final List<StrategyBundle> bundles;
  private final Map<String, Map<String, Offer<?>>> byPoint = new LinkedHashMap<>();

  /**
   * The strategies of some bundles.
   *
   * @throws IllegalArgumentException where two of them go by one name at one point
   */
  public StrategyCatalogue(List<StrategyBundle> bundles) {
    this.bundles = List.copyOf(bundles);
    for (StrategyBundle bundle : bundles) {
      for (Offer<?> offer : bundle.offers()) {
        Offer<?> before =
            byPoint
                .computeIfAbsent(offer.pointName(), point -> new TreeMap<>())
                .put(offer.name(), offer);
        if (before != null) {
          throw new IllegalArgumentException(
              "two strategies are named %s at %s: %s and %s"
                  .formatted(
                      offer.name(),
                      offer.pointName(),
                      before.strategy().getName(),
                      offer.strategy().getName()));
        }
      }
    }
  }

  /** What the service loader finds from a class loader. */
  public static StrategyCatalogue load(ClassLoader from) {
    List<StrategyBundle> found = new ArrayList<>();
    ServiceLoader.load(StrategyBundle.class, from).forEach(found::add);
    return new StrategyCatalogue(found);
  }

  /** The strategies of each point: names in alphabetical order. */
  public Map<String, Map<String, Offer<?>>> byPoint() {
    return byPoint;
  }

  /** What a machine installs to have them all. */
  public List<Module> modules() {
    return List.copyOf(bundles);
  }
}
