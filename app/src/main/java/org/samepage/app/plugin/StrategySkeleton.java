// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.plugin;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.samepage.app.output.SafeFile;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.ksm.wiring.StrategyCatalogue;

/**
 * The five files of a strategy in a jar of its own: it works, and does what the oldest one does.
 */
public final class StrategySkeleton {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");
  private static final Map<String, Map<String, String>> POINTS =
      new TreeMap<>(
          Map.of(
              "scan",
              StrategyBodies.SCAN,
              "unmerge",
              StrategyBodies.UNMERGE,
              "rmap-walk",
              StrategyBodies.RMAP_WALK,
              "rmap-item-layout",
              StrategyBodies.LAYOUT));

  private StrategySkeleton() {}

  /** The extension points. */
  public static List<String> points() {
    return List.copyOf(POINTS.keySet());
  }

  /**
   * Writes the files into a new folder called after the strategy.
   *
   * @param name of the strategy
   * @param version of Samepage, which the files are written for
   * @param profiles the names that its profile cannot have
   * @return what was written, and what to do next
   */
  public static List<String> write(
      Path where,
      String name,
      String point,
      String version,
      StrategyCatalogue known,
      Collection<String> profiles) {
    if (!NAME.matcher(name).matches()) {
      throw new UserMistakeException("%s is no name of a strategy; one is my-scan".formatted(name));
    }
    Map<String, String> bodies = POINTS.get(point);
    if (bodies == null) {
      throw new UserMistakeException(
          "unknown extension point %s; there are %s".formatted(point, String.join(", ", points())));
    }
    if (known.byPoint().getOrDefault(point, Map.of()).containsKey(name)) {
      throw new UserMistakeException(
          "there is a strategy %s for %s already".formatted(name, point));
    }
    if (profiles.contains(name)) {
      throw new UserMistakeException(
          "there is a profile %s already, and the strategy's has its name".formatted(name));
    }
    Path folder = where.resolve(name);
    if (Files.exists(folder)) {
      throw new UserMistakeException(folder + " is there already");
    }
    Map<Path, String> files = files(name, point, version, bodies);
    files.forEach((file, text) -> {
      Path target = folder.resolve(file);
      var _ = SafeFile.folder(Objects.requireNonNull(target.getParent()));
      SafeFile.write(target, text);
    });
    List<String> said = new ArrayList<>();
    files.keySet().forEach(file -> said.add("written: " + folder.resolve(file)));
    said.add("next, in the checkout of Samepage, once:");
    said.add("  mvn -q -DskipTests -pl strategies -am install");
    said.add("then, in %s: mvn -q package; and then".formatted(folder));
    said.add(
        "  samepage compare --plugin %s/target/%s-1.jar --profiles linux-6.18,%s FILE"
            .formatted(folder, name, name));
    return said;
  }

  private static Map<Path, String> files(
      String name, String point, String version, Map<String, String> bodies) {
    StringBuilder type = new StringBuilder();
    for (String word : name.split("-")) {
      type.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
    }
    Map<Path, String> files = new LinkedHashMap<>();
    Path java = Path.of("src/main/java/strategy/" + type + "Plugin.java");
    Path test = Path.of("src/test/java/strategy/" + type + "PluginTest.java");
    Path service =
        Path.of("src/main/resources/META-INF/services/org.samepage.ksm.wiring.StrategyBundle");
    files.put(Path.of("pom.xml"), StrategyBodies.POM);
    files.put(java, StrategyBodies.CLASS);
    files.put(service, "strategy.@TYPE@Plugin\n");
    files.put(Path.of("src/main/resources/reference.conf"), StrategyBodies.REFERENCE);
    files.put(test, StrategyBodies.TEST);
    Map<String, String> words = new LinkedHashMap<>(bodies);
    words.put("TYPE", type.toString());
    words.put("NAME", name);
    words.put("POINT", point);
    words.put("VERSION", version);
    for (String of : POINTS.keySet()) {
      words.put(of, of.equals(point) ? name : usual(of));
    }
    files.replaceAll((file, text) -> fill(text, words));
    if (isTaken(type.toString(), Objects.requireNonNull(files.get(java)))) {
      throw new UserMistakeException(
          "%s would be a class %s, which the plug-in uses another one of; choose another name"
              .formatted(name, type));
    }
    return files;
  }

  /** Whether a class's own name is that of one which its file imports, or of java.lang's. */
  private static boolean isTaken(String type, String source) {
    if (source.contains("." + type + ";")) {
      return true;
    }
    try {
      var _ = Class.forName("java.lang." + type, false, null);
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** What linux-6.18 has. */
  private static String usual(String point) {
    return switch (point) {
      case "scan" -> "range-walk-v5";
      case "unmerge" -> "per-address";
      case "rmap-walk" -> "full-range";
      default -> "none";
    };
  }

  private static String fill(String text, Map<String, String> words) {
    String filled = text;
    for (Map.Entry<String, String> word : words.entrySet()) {
      filled = filled.replace("@" + word.getKey() + "@", word.getValue());
    }
    return filled;
  }
}
