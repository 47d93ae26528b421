// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.docs;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.samepage.docs.Samepage.Printed;

/**
 * The claims ledger as a page: each claim with the command that ran, what it printed, a verdict.
 */
final class ClaimsPage {
  private final Samepage samepage;
  private final Path root;
  private final Path folder;
  private final Path out;
  private final Map<String, Printed> ran = new HashMap<>();

  ClaimsPage(Path root, Path out) {
    this.samepage = new Samepage(root);
    this.root = root;
    this.folder = root.resolve("docs/claims");
    this.out = out;
  }

  /** A claim whose command did not print what it must. */
  static final class FailedClaimException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FailedClaimException(String message) {
      super(message);
    }
  }

  List<Claim> claims() throws IOException {
    return Claim.read(folder.resolve("claims.txt"));
  }

  /**
   * The lines that a step's command must print.
   *
   * @throws FailedClaimException where it does not
   */
  List<String> check(Claim claim, Claim.Step step) {
    Printed printed = ran.computeIfAbsent(step.run(), run -> samepage.run(run, out));
    List<String> shown = step.shown(printed);
    if (shown.isEmpty()) {
      throw new FailedClaimException(
          "claim %s: %s should print %s, and printed%n%s"
              .formatted(claim.id(), step.run(), step.prints(), printed.text()));
    }
    return shown;
  }

  /**
   * How to run a test of the build alone.
   *
   * @param test {@code CLASS#METHOD}
   * @throws FailedClaimException where there is none
   */
  String command(Claim claim, String test) throws IOException {
    String file = test.substring(0, test.indexOf('#')) + ".java";
    Pattern method = Pattern.compile("void " + test.substring(test.indexOf('#') + 1) + "\\(");
    try (DirectoryStream<Path> modules = Files.newDirectoryStream(root, Files::isDirectory)) {
      for (Path module : modules) {
        Path found = find(module.resolve("src/test/java"), file);
        if (found != null && method.matcher(Files.readString(found)).find()) {
          return "mvn -B test -pl %s -am -Dtest='%s' -Dsurefire.failIfNoSpecifiedTests=false"
              .formatted(module.getFileName(), test);
        }
      }
    }
    throw new FailedClaimException("claim %s: there is no test %s".formatted(claim.id(), test));
  }

  private static @Nullable Path find(Path below, String file) throws IOException {
    if (!Files.isDirectory(below)) {
      return null;
    }
    try (Stream<Path> files = Files.walk(below)) {
      return files.filter(path -> path.endsWith(file)).findFirst().orElse(null);
    }
  }

  /** Runs all and writes the page. */
  String page() throws IOException {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        // SPDX-License-Identifier: GPL-2.0-only
        = Claims ledger

        What was claimed in the threads about KSM's scan, its unmerging and its reverse map, and what \
        this build finds. Each command ran when this page was made; below it are the lines that \
        decide. A test runs in every build, which fails with it.

        """);
    for (Claim claim : claims()) {
      page.append("== %s%n%n".formatted(claim.id()));
      page.append("%s, seed %s: pass:c[%s]%n%n".formatted(claim.who(), claim.seed(), claim.says()));
      page.append("----\n");
      for (Claim.Step step : claim.steps()) {
        page.append("$ samepage ").append(step.run()).append('\n');
        check(claim, step).forEach(line -> page.append(line).append('\n'));
      }
      for (String test : claim.tests()) {
        page.append("$ ").append(command(claim, test)).append('\n');
      }
      page.append("----\n\n*%s*%n%n".formatted(capital(claim.verdict())));
    }
    page.append("== Not checked\n\n[cols=\"1,2,5,4\",options=\"header\"]\n|===\n");
    page.append("|Seed |Who |Says |Why\n\n");
    for (String line : Files.readAllLines(folder.resolve("unchecked.txt"))) {
      if (!line.startsWith("#")) {
        page.append('|').append(line.replace("|", " |")).append('\n');
      }
    }
    return page.append("|===\n").toString();
  }

  private static String capital(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
