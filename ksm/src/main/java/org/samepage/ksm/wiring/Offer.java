// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.wiring;

import com.google.inject.ConfigurationException;
import com.google.inject.spi.InjectionPoint;
import java.util.Objects;
import org.samepage.ksm.spi.ExtensionPoint;
import org.samepage.ksm.spi.StrategySpec;

/**
 * One strategy at one extension point.
 *
 * @param point an interface with {@link ExtensionPoint}
 * @param strategy a class with {@link StrategySpec}
 */
public record Offer<S>(Class<S> point, Class<? extends S> strategy) {
  public Offer {
    Objects.requireNonNull(
        point.getAnnotation(ExtensionPoint.class), () -> point + " is no extension point");
    StrategySpec spec =
        Objects.requireNonNull(
            strategy.getAnnotation(StrategySpec.class), () -> strategy + " lacks @StrategySpec");
    for (String need : spec.needs()) {
      if (need.indexOf('=') < 1) {
        throw new IllegalArgumentException(
            "%s needs \"%s\", which is not point=strategy".formatted(strategy, need));
      }
    }
  }

  /**
   * Demands that the strategy can be made; whether there is what its constructor takes is seen when
   * a machine is.
   *
   * @throws IllegalArgumentException where it has no constructor that injection could use
   */
  public void demandConstructor() {
    try {
      var _ = InjectionPoint.forConstructorOf(strategy);
    } catch (ConfigurationException e) {
      throw new IllegalArgumentException(
          "%s has neither one constructor with @Inject nor one without parameters that is not private"
              .formatted(strategy));
    }
  }

  /** The point's name in configuration. */
  public String pointName() {
    return Objects.requireNonNull(point.getAnnotation(ExtensionPoint.class)).value();
  }

  /** The strategy's own description. */
  public StrategySpec spec() {
    return Objects.requireNonNull(strategy.getAnnotation(StrategySpec.class));
  }

  /** The strategy's name in configuration. */
  public String name() {
    return spec().name();
  }
}
