// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.where;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What the port map of the docs tells that no class file does: evidence, and what is left out. */
public final class PortMapPage {
  private static final String RESOURCE = "/port-map.adoc";
  private static final Pattern SECTION = Pattern.compile("== (\\S+)");
  private static final Pattern LEFT_OUT = Pattern.compile("\\* `(\\w+)`: (.+)");
  private static final int TESTS = 3;
  private static final int KERNEL = 4;

  private final Map<String, Evidence> rows = new HashMap<>();
  private final Map<String, LeftOut> leftOut = new TreeMap<>();

  /**
   * How an element was checked.
   *
   * @param tests those that run little else, and how many there are
   * @param kernel comparisons with a real kernel; {@code source} where there is none
   */
  public record Evidence(String tests, String kernel) {}

  /** A kernel function that nothing stands for, and why. */
  public record LeftOut(String file, String symbol, String reason) {}

  private PortMapPage() {}

  /** The page as the build packed it. */
  public static PortMapPage read() {
    try (InputStream in = PortMapPage.class.getResourceAsStream(RESOURCE)) {
      byte[] bytes = Objects.requireNonNull(in, RESOURCE).readAllBytes();
      return parse(new String(bytes, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static PortMapPage parse(String text) {
    PortMapPage page = new PortMapPage();
    String file = "";
    for (String line : text.lines().toList()) {
      Matcher section = SECTION.matcher(line);
      Matcher missing = LEFT_OUT.matcher(line);
      if (section.matches()) {
        file = section.group(1);
      } else if (missing.matches()) {
        page.leftOut.put(missing.group(1), new LeftOut(file, missing.group(1), missing.group(2)));
      } else if (line.startsWith("|`")) {
        List<String> cells = List.of(line.substring(1).split("(?<!\\\\) \\|"));
        page.rows.put(
            key(file, bare(cells.get(0)), bare(cells.get(1))),
            new Evidence(cells.get(TESTS), cells.get(KERNEL)));
      }
    }
    return page;
  }

  private static String bare(String cell) {
    return cell.replace("`", "");
  }

  private static String key(String file, String symbol, String shown) {
    return file + " " + symbol + " " + shown;
  }

  /** How this element was checked, as of the last time that the page was made. */
  public Evidence evidence(PortedElement element) {
    return rows.getOrDefault(
        key(element.file(), element.symbol(), element.shown()),
        new Evidence("not recorded yet", "not recorded yet"));
  }

  /** The functions of the files that are to be ported whole that nothing stands for, by name. */
  public Map<String, LeftOut> leftOut() {
    return leftOut;
  }

  /** How many rows the page has. */
  int size() {
    return rows.size();
  }

  /** The names of all that is left out, for a message. */
  public List<String> leftOutNames() {
    return leftOut.keySet().stream().collect(Collectors.toList());
  }
}
