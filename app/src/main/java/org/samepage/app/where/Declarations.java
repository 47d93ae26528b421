// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.where;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where in a source something is declared: a class file knows the lines of statements alone.
 *
 * <p>Sources are those of the checkout that a class was built in; where there is none, as in an
 * archive of jars, the statement's line has to do.
 */
public final class Declarations {
  /** What a line begins with that calls a method rather than declaring it. */
  private static final String NO_CALL = "(?!\\s*(?:return|throw|new|else|yield|assert|case)\\b)";

  private Declarations() {}

  /** The element with the line of its declaration; as it is where there are no sources. */
  public static PortedElement declared(PortedElement element) throws IOException {
    Path source = source(element, PortedClasses.placeOf(Declarations.class));
    if (source == null) {
      source = source(element, Path.of(""));
    }
    return source == null ? element : declared(element, Files.readAllLines(source));
  }

  /** In the checkout that a place is in. */
  private static @Nullable Path source(PortedElement element, Path place) {
    for (Path at = place.toAbsolutePath(); at != null; at = at.getParent()) {
      Path source = at.resolve(element.source());
      if (Files.isRegularFile(source)) {
        return source;
      }
    }
    return null;
  }

  private static PortedElement declared(PortedElement element, List<String> lines) {
    Pattern declaration = declaration(element.shown(), element.line() > 0);
    for (int line = Math.min(element.line(), lines.size()); line > 0; line--) {
      if (declaration.matcher(lines.get(line - 1)).find()) {
        return element.atLine(line);
      }
    }
    for (int line = element.line() + 1; line <= lines.size(); line++) {
      if (declaration.matcher(lines.get(line - 1)).find()) {
        return element.atLine(line);
      }
    }
    return element;
  }

  /** As the formatter leaves one: type and name on one line. */
  private static Pattern declaration(String shown, boolean hasCode) {
    int dot = shown.indexOf('.');
    if (dot < 0) {
      return Pattern.compile("\\b(?:class|interface|enum|record) " + Pattern.quote(shown) + "\\b");
    }
    String name = shown.substring(dot + 1);
    if (name.equals("new")) {
      String type = Pattern.quote(shown.substring(0, dot));
      return Pattern.compile("^\\s+(?:(?:public|protected|private) )?" + type + "\\(");
    }
    String quoted = Pattern.quote(name);
    String method = "^" + NO_CALL + "\\s+[\\w@][\\w<>\\[\\],.?@ ]* " + quoted + "\\(";
    // without code it may be a field or a constant of an enum, too
    return Pattern.compile(
        hasCode
            ? method
            : method
                + "|^"
                + NO_CALL
                + "\\s+(?:[\\w@][\\w<>\\[\\],.?@ ]* )?"
                + quoted
                + "\\s*[=;,(]");
  }
}
