// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.wiring;

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
    Objects.requireNonNull(
        strategy.getAnnotation(StrategySpec.class), () -> strategy + " lacks @StrategySpec");
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
