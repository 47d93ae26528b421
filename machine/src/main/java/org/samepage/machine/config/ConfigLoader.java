// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.machine.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.wiring.StrategyCatalogue;
import org.samepage.machine.thp.ThpMode;
import org.samepage.mm.pgtable.KernelOptions;
import org.samepage.mm.phys.MemoryLayout;

/** Reads configurations: the {@code reference.conf} of all modules, then what the user asks for. */
public final class ConfigLoader {
  private static final String PROFILES = "profiles";
  private static final String PROFILE = "profile";
  private static final String STRATEGY = "strategy";
  private static final String KSM = "ksm";
  private static final String EXT = "ext";

  private final Config reference;
  private final StrategyCatalogue catalogue;
  private final Map<String, Profile> profiles = new LinkedHashMap<>();

  /**
   * A loader with the defaults that a class loader finds.
   *
   * @param catalogue the strategies that there are to choose from
   * @throws ConfigurationException where the defaults cannot be read
   */
  public ConfigLoader(ClassLoader from, StrategyCatalogue catalogue) {
    this.catalogue = catalogue;
    try {
      this.reference = ConfigFactory.parseResources(from, "reference.conf").resolve();
      readProfiles();
    } catch (ConfigException e) {
      throw new ConfigurationException(describe(e));
    }
  }

  private void readProfiles() {
    Config all = reference.getConfig(PROFILES);
    List<Map.Entry<String, ConfigValue>> inFileOrder = new ArrayList<>(all.root().entrySet());
    inFileOrder.sort(
        Comparator.comparing((Map.Entry<String, ConfigValue> entry) ->
                String.valueOf(entry.getValue().origin().url()))
            .thenComparingInt(entry -> entry.getValue().origin().lineNumber()));
    for (Map.Entry<String, ConfigValue> entry : inFileOrder) {
      Config one = all.getConfig(ConfigUtil.joinPath(entry.getKey()));
      Map<String, String> choices = new TreeMap<>();
      for (String point : catalogue.byPoint().keySet()) {
        choices.put(point, one.getString(point));
      }
      profiles.put(
          entry.getKey(),
          new Profile(entry.getKey(), one.getString("summary"), one.getString("class"), choices));
    }
  }

  /** The profiles by name, in the order in which they are defined. */
  public Map<String, Profile> profiles() {
    return profiles;
  }

  /**
   * The profile of this name.
   *
   * @throws ConfigurationException where there is none
   */
  public Profile profile(String name) {
    Profile profile = profiles.get(name);
    if (profile == null) {
      throw new ConfigurationException(
          "unknown profile %s; there are %s".formatted(name, String.join(", ", profiles.keySet())));
    }
    return profile;
  }

  /**
   * The configuration that follows from what the user asks for.
   *
   * @throws ConfigurationException where that cannot be used
   */
  public MachineConfig load(ConfigSource source) {
    return load(source, Map.of(), "");
  }

  /**
   * The same with another machine.
   *
   * @param machine values by their keys without {@code machine.}; win over all others
   * @param where where they stand, for messages
   * @throws ConfigurationException where they cannot be used
   */
  public MachineConfig withMachine(
      MachineConfig config, Map<String, String> machine, String where) {
    return load(config.source(), machine, where);
  }

  private MachineConfig load(ConfigSource source, Map<String, String> machine, String where) {
    Config user = userConfig(source);
    for (Map.Entry<String, String> setting : machine.entrySet()) {
      user =
          user.withValue(
              ConfigUtil.joinPath("machine", setting.getKey()),
              ConfigValueFactory.fromAnyRef(setting.getValue(), where));
    }
    refuseUnknownKeys(user);
    Config merged = user.withFallback(reference);
    try {
      Profile profile = profile(merged.getString(PROFILE));
      return new MachineConfig(
          profile.name(),
          memory(merged),
          swapPages(merged),
          thp(merged),
          options(merged.getConfig("machine")),
          strategies(merged, profile),
          ksm(merged),
          ext(merged),
          source);
    } catch (ConfigException e) {
      throw new ConfigurationException(describe(e));
    }
  }

  /**
   * The keys that the user sets, beside the profile.
   *
   * @throws ConfigurationException where they cannot be read
   */
  public Set<String> userKeys(ConfigSource source) {
    Set<String> keys = new TreeSet<>();
    userConfig(source).entrySet().forEach(entry -> keys.add(entry.getKey()));
    keys.remove(PROFILE);
    return keys;
  }

  private static Config userConfig(ConfigSource source) {
    Config user = source.file() == null ? ConfigFactory.empty() : parse(source.file());
    if (source.profile() != null) {
      user = user.withValue(PROFILE, ConfigValueFactory.fromAnyRef(source.profile(), "--profile"));
    }
    for (String setting : source.settings()) {
      int equals = setting.indexOf('=');
      if (equals < 1) {
        throw new ConfigurationException("--set takes key=value, not " + setting);
      }
      String key = setting.substring(0, equals);
      String value = setting.substring(equals + 1);
      try {
        user = user.withValue(key, ConfigValueFactory.fromAnyRef(value, "--set " + key));
      } catch (ConfigException.BadPath e) {
        throw new ConfigurationException("--set: " + key + " is not a key");
      }
    }
    return user;
  }

  private static Config parse(Path file) {
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      throw new ConfigurationException(file + ": cannot be read");
    }
    try {
      return ConfigFactory.parseFile(
              file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false))
          .resolve();
    } catch (ConfigException e) {
      throw new ConfigurationException(describe(e));
    }
  }

  private void refuseUnknownKeys(Config user) {
    TreeSet<String> known = new TreeSet<>();
    for (Map.Entry<String, ConfigValue> entry : reference.entrySet()) {
      if (!entry.getKey().startsWith(PROFILES + ".")) {
        known.add(entry.getKey());
      }
    }
    catalogue.byPoint().keySet().forEach(point -> known.add(STRATEGY + "." + point));
    for (Map.Entry<String, ConfigValue> entry : user.entrySet()) {
      if (!known.contains(entry.getKey())) {
        throw new ConfigurationException(
            "%s: unknown key %s; %s"
                .formatted(
                    where(entry.getValue().origin()),
                    entry.getKey(),
                    NearestNames.sentence(entry.getKey(), known)));
      }
    }
  }

  private static MemoryLayout memory(Config config) {
    int nodes = config.getInt("machine.nodes");
    long bytes = config.getBytes("machine.memory");
    String blamed = "machine.nodes";
    try {
      var _ = new MemoryLayout(nodes, 1);
      blamed = "machine.memory";
      return MemoryLayout.ofBytes(nodes, bytes);
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "%s: %s: %s".formatted(where(config.getValue(blamed).origin()), blamed, e.getMessage()));
    }
  }

  private static int swapPages(Config config) {
    int pages = config.getInt("machine.swap");
    if (pages < 0) {
      throw new ConfigurationException(
          "%s: machine.swap is a number of pages, 0 for no swap device, not %d"
              .formatted(where(config.getValue("machine.swap").origin()), pages));
    }
    return pages;
  }

  private static ThpMode thp(Config config) {
    String wanted = config.getString("machine.thp");
    List<String> known = new ArrayList<>();
    for (ThpMode mode : ThpMode.values()) {
      if (mode.spelling().equals(wanted)) {
        return mode;
      }
      known.add(mode.spelling());
    }
    throw new ConfigurationException(
        "%s: machine.thp is one of %s, not %s"
            .formatted(
                where(config.getValue("machine.thp").origin()), String.join(", ", known), wanted));
  }

  private static KernelOptions options(Config machine) {
    return new KernelOptions(
        machine.getBoolean("soft-dirty"),
        machine.getBoolean("memory-failure"),
        machine.getBoolean("device-private"),
        machine.getBoolean("la57"));
  }

  private Map<String, String> strategies(Config config, Profile profile) {
    Map<String, String> chosen = new TreeMap<>(profile.strategies());
    catalogue
        .byPoint()
        .forEach((point, known) -> {
          String key = STRATEGY + "." + point;
          if (config.hasPath(key)) {
            chosen.put(point, config.getString(key));
          }
          String name = chosen.get(point);
          if (!known.containsKey(name)) {
            throw new ConfigurationException(
                "%s: %s = %s: unknown strategy; there are %s"
                    .formatted(
                        config.hasPath(key)
                            ? where(config.getValue(key).origin())
                            : "profile " + profile.name(),
                        key,
                        name,
                        String.join(", ", known.keySet())));
          }
        });
    refuseUnmetNeeds(config, profile, chosen);
    return chosen;
  }

  /** A strategy says what it needs at other extension points: {@code point=one|other}. */
  private void refuseUnmetNeeds(Config config, Profile profile, Map<String, String> chosen) {
    catalogue
        .byPoint()
        .forEach((point, known) -> {
          String name = Objects.requireNonNull(chosen.get(point));
          for (String need : Objects.requireNonNull(known.get(name)).spec().needs()) {
            int equals = need.indexOf('=');
            String other = need.substring(0, equals);
            List<String> suitable = List.of(need.substring(equals + 1).split("\\|"));
            String there = String.valueOf(chosen.get(other));
            if (!suitable.contains(there)) {
              throw new ConfigurationException(
                  "%s: %s.%s = %s needs %s.%s = %s, and that is %s"
                      .formatted(
                          whereChosen(config, profile, point, other),
                          STRATEGY,
                          point,
                          name,
                          STRATEGY,
                          other,
                          String.join(" or ", suitable),
                          there));
            }
          }
        });
  }

  /** What the user chose of the two, else the profile. */
  private static String whereChosen(Config config, Profile profile, String... points) {
    for (String point : points) {
      String key = STRATEGY + "." + point;
      if (config.hasPath(key)) {
        return where(config.getValue(key).origin());
      }
    }
    return "profile " + profile.name();
  }

  private static Map<String, String> ksm(Config config) {
    Map<String, String> values = new TreeMap<>();
    for (String name : config.getConfig(KSM).root().keySet()) {
      values.put(name, config.getString(KSM + "." + name));
    }
    return values;
  }

  private static Map<String, String> ext(Config config) {
    Map<String, String> values = new TreeMap<>();
    if (config.hasPath(EXT)) {
      for (String key : config.getConfig(EXT).entrySet().stream().map(Map.Entry::getKey).toList()) {
        values.put(EXT + "." + key, config.getString(EXT + "." + key));
      }
    }
    return values;
  }

  /** {@code FILE:LINE} for a file, else what the origin is called. */
  private static String where(@Nullable ConfigOrigin origin) {
    if (origin == null) {
      return "configuration";
    }
    String file = origin.filename();
    return file == null ? origin.description() : file + ":" + origin.lineNumber();
  }

  private static String describe(ConfigException e) {
    String message = String.valueOf(e.getMessage());
    ConfigOrigin origin = e.origin();
    if (origin == null || origin.filename() == null) {
      return message.lines().findFirst().orElse("configuration error");
    }
    String detail = message.substring(message.indexOf(": ") + 2);
    return where(origin) + ": " + detail.lines().findFirst().orElse("configuration error");
  }

  /** Names of profiles, for completion and help. */
  public List<String> profileNames() {
    return List.copyOf(profiles.keySet());
  }
}
