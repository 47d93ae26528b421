// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.ksm.wiring;

import com.google.inject.AbstractModule;
import com.google.inject.multibindings.MapBinder;
import java.util.List;

/**
 * A module that offers strategies; found by {@link java.util.ServiceLoader} under this class's
 * name.
 *
 * <p>A subclass hands its {@link Offer}s to the constructor; what it offers can be listed without
 * booting a machine.
 */
public abstract class StrategyBundle extends AbstractModule {
  private final List<Offer<?>> offers;

  protected StrategyBundle(List<Offer<?>> offers) {
    this.offers = List.copyOf(offers);
  }

  /** What this bundle offers, in its own order. */
  public final List<Offer<?>> offers() {
    return offers;
  }

  @Override
  protected final void configure() {
    offers.forEach(this::bindOffer);
  }

  private <S> void bindOffer(Offer<S> offer) {
    MapBinder.newMapBinder(binder(), String.class, offer.point())
        .addBinding(offer.name())
        .to(offer.strategy());
  }
}
