// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.wiring;

import com.google.inject.CreationException;
import com.google.inject.Guice;
import com.google.inject.ProvisionException;
import com.google.inject.Stage;
import com.google.inject.spi.Message;
import com.google.inject.util.Modules;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.samepage.ksm.spi.StrategySettings;
import org.samepage.ksm.wiring.KsmModule;
import org.samepage.ksm.wiring.Offer;
import org.samepage.ksm.wiring.StrategyCatalogue;
import org.samepage.machine.Machine;
import org.samepage.machine.config.ConfigurationException;
import org.samepage.machine.config.MachineConfig;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.phys.PageContents;
import org.samepage.mm.sched.FreeRunning;
import org.samepage.mm.sched.Sched;
import org.samepage.mm.wiring.MmCoreModule;
import org.samepage.pagewalk.wiring.PagewalkModule;
import org.samepage.rmap.wiring.RmapModule;

/** Boots machines: one injector each, so that any number of them live side by side. */
public final class MachineBoot {
  /** Of Guice, which cannot read lines of classes as new as ours, and says so by a stack trace. */
  private static final Logger LINE_NUMBERS =
      Logger.getLogger("com.google.inject.internal.util.LineNumbers");

  static {
    LINE_NUMBERS.setLevel(Level.OFF);
  }

  private final StrategyCatalogue catalogue;

  /**
   * Boots with these strategies.
   *
   * @param catalogue holds the names that configurations choose
   */
  public MachineBoot(StrategyCatalogue catalogue) {
    this.catalogue = catalogue;
  }

  /**
   * A machine with nothing on it, whose threads run freely.
   *
   * @throws ConfigurationException where a start value of KSM, or a strategy's setting, is refused
   */
  public Machine boot(MachineConfig config) {
    return boot(config, new FreeRunning());
  }

  /**
   * A machine with nothing on it.
   *
   * @param sched this machine's alone
   * @throws ConfigurationException where a start value of KSM, or a strategy's setting, is refused
   */
  public Machine boot(MachineConfig config, Sched sched) {
    return boot(config, sched, PageContents.Form.BYTES);
  }

  /**
   * A machine with nothing on it.
   *
   * @param sched this machine's alone
   * @param contents what it keeps of each page
   * @throws ConfigurationException where a start value of KSM, or a strategy's setting, is refused
   */
  public Machine boot(MachineConfig config, Sched sched, PageContents.Form contents) {
    Machine machine = build(config, sched, contents);
    List<Map.Entry<String, String>> starts = new ArrayList<>(config.ksm().entrySet());
    // the advisor last: it takes pages_to_scan over, and begins with what the other files say
    starts.sort(
        Map.Entry.<String, String>comparingByKey(
            Comparator.comparing((String name) -> name.equals("advisor_mode"))
                .thenComparing(Comparator.naturalOrder())));
    for (Map.Entry<String, String> start : starts) {
      int err = machine.ksm().sysfs().store(start.getKey(), start.getValue());
      if (err != 0) {
        machine.close();
        throw new ConfigurationException(
            "ksm.%s = %s: refused with %s"
                .formatted(start.getKey(), start.getValue(), Errno.name(err)));
      }
    }
    return machine;
  }

  private Machine build(MachineConfig config, Sched sched, PageContents.Form contents) {
    try {
      return Guice.createInjector(
              Stage.DEVELOPMENT,
              new MmCoreModule(contents),
              new PagewalkModule(),
              new RmapModule(),
              new KsmModule(),
              Modules.combine(catalogue.modules()),
              new KsmOfMachineModule(config, contents),
              new MachineModule(config, sched))
          .getInstance(Machine.class);
    } catch (ProvisionException e) {
      for (Throwable why = e; why != null; why = why.getCause()) {
        if (why instanceof StrategySettings.BadSettingException) {
          throw new ConfigurationException(String.valueOf(why.getMessage()));
        }
      }
      throw blamed(e, e.getErrorMessages());
    } catch (CreationException e) {
      throw blamed(e, e.getErrorMessages());
    }
  }

  /** Somebody's strategy that cannot be made, for what its constructor takes or does; else e. */
  private RuntimeException blamed(RuntimeException e, Collection<Message> messages) {
    String all = String.valueOf(e.getMessage());
    for (Map<String, Offer<?>> point : catalogue.byPoint().values()) {
      for (Offer<?> offer : point.values()) {
        // Guice writes a nested class with a dot at times
        String name = offer.strategy().getName();
        boolean foreign = offer.strategy().getClassLoader() != MachineBoot.class.getClassLoader();
        if (foreign && (all.contains(name) || all.contains(name.replace('$', '.')))) {
          String first = messages.iterator().next().getMessage().lines().findFirst().orElse("");
          return new ConfigurationException(
              "strategy.%s = %s: %s cannot be made: %s"
                  .formatted(offer.pointName(), offer.name(), name, first));
        }
      }
    }
    return e;
  }
}
