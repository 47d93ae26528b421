// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.arch;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMember;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.samepage.mm.port.PortedFrom;

/** From kernel symbols to the Java names that stand for them. */
final class PortedNames {
  private PortedNames() {}

  /**
   * What a method ported from {@code file:symbol} may be called: the symbol in camel case, with
   * {@code Raw} behind it for a leading {@code __}; a symbol that starts with the name of the class
   * of words it works on, such as pte_ or folio_, keeps it.
   */
  static Set<String> javaNames(String origin) {
    String symbol = origin.substring(origin.indexOf(':') + 1);
    boolean raw = symbol.startsWith("__");
    String bare = symbol.replaceFirst("^_+", "");
    String camel = camel(bare);
    return raw ? Set.of(camel + "Raw") : new TreeSet<>(List.of(camel, bare));
  }

  private static String camel(String symbol) {
    if (symbol.chars().anyMatch(Character::isUpperCase) && !symbol.contains("_")) {
      return Character.toLowerCase(symbol.charAt(0)) + symbol.substring(1);
    }
    StringBuilder name = new StringBuilder();
    boolean up = false;
    for (int i = 0; i < symbol.length(); i++) {
      char c = symbol.charAt(i);
      if (c == '_') {
        up = true;
      } else {
        name.append(up ? Character.toUpperCase(c) : Character.toLowerCase(c));
        up = false;
      }
    }
    return name.toString();
  }

  /** Everything that carries the annotation, by where it is. */
  static Map<String, PortedFrom> elements(JavaClasses all) {
    Map<String, PortedFrom> found = new LinkedHashMap<>();
    for (JavaClass c : all) {
      c.tryGetAnnotationOfType(PortedFrom.class).ifPresent(p -> found.put(c.getName(), p));
      for (JavaMember member : c.getMembers()) {
        member
            .tryGetAnnotationOfType(PortedFrom.class)
            .ifPresent(p -> found.put(member.getFullName(), p));
      }
    }
    return found;
  }
}
