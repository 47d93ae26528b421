// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.where;

/**
 * A piece of Java that stands for a kernel symbol.
 *
 * @param file the kernel's, such as {@code mm/ksm.c}
 * @param shown as the port map names it: {@code Type} or {@code Type.member}
 * @param source its file in a checkout
 * @param line where it is declared; without sources, where its code begins, and 0 where it has
 *     none, as a constant has
 * @param closeness {@code faithful}, {@code adapted} or {@code simplified}, perhaps of a part
 * @param differs empty where nothing does
 */
public record PortedElement(
    String file,
    String symbol,
    String shown,
    String source,
    int line,
    String closeness,
    String differs) {

  /** Whether a user who writes this means it: the kernel's name or ours. */
  public boolean isCalled(String name) {
    return name.equals(symbol)
        || name.equals(file + ":" + symbol)
        || name.equals(shown)
        || name.equals(shown.substring(shown.indexOf('.') + 1));
  }

  /** Whether other elements stand for the same symbol beside this one. */
  public boolean isPart() {
    return closeness.endsWith(PortedMembers.PART);
  }

  PortedElement atLine(int declared) {
    return new PortedElement(file, symbol, shown, source, declared, closeness, differs);
  }

  /** {@code FILE:LINE}, or the file alone. */
  public String at() {
    return line == 0 ? source : source + ":" + line;
  }
}
