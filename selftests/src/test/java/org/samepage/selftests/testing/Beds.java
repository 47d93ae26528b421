// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.testing;

import java.util.List;
import org.samepage.ksm.wiring.StrategyCatalogue;
import org.samepage.machine.config.ConfigLoader;
import org.samepage.machine.config.ConfigSource;
import org.samepage.machine.config.Profile;
import org.samepage.machine.wiring.MachineBoot;
import org.samepage.selftests.port.PortBed;
import org.samepage.selftests.run.Bed;

/** Machines to run cases on. */
public final class Beds {
  private static final ClassLoader LOADER = Beds.class.getClassLoader();
  private static final StrategyCatalogue CATALOGUE = StrategyCatalogue.load(LOADER);
  private static final ConfigLoader CONFIGS = new ConfigLoader(LOADER, CATALOGUE);

  private Beds() {}

  public static ConfigLoader configs() {
    return CONFIGS;
  }

  /** Machines under a profile. */
  public static Bed port(String profile) {
    return new PortBed(new MachineBoot(CATALOGUE), CONFIGS, ConfigSource.ofProfile(profile));
  }

  /** All profiles. */
  public static List<String> profiles() {
    return CONFIGS.profiles().values().stream().map(Profile::name).toList();
  }
}
