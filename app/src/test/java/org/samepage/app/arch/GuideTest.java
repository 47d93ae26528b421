// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.samepage.app.workbench.Workbench;
import org.samepage.machine.config.ConfigSource;
import org.samepage.mm.pgtable.PageTable;
import org.samepage.mm.units.PageUnits;
import org.samepage.scenario.lang.ScenarioParser;
import org.samepage.scenario.port.PortBackend;
import org.samepage.scenario.run.ScenarioRunner;

/** What the guide names is there, and what it shows is what happens. */
final class GuideTest {
  private static final Path ROOT = Path.of(System.getProperty("samepage.root"));
  private static final Path GUIDE = ROOT.resolve("docs/guide");
  private static final Pattern NAME = Pattern.compile("`([A-Z][A-Za-z]+)(?:\\.([A-Za-z]+))?`");

  private static Map<String, String> sources() throws Exception {
    Map<String, String> sources = new HashMap<>();
    try (Stream<Path> files = Files.walk(ROOT)) {
      for (Path file :
          files.filter(f -> f.toString().matches(".*/src/(main|test)/java/.*\\.java")).toList()) {
        String name = file.getFileName().toString().replace(".java", "");
        sources.put(name, Files.readString(file));
      }
    }
    return sources;
  }

  @Test
  void every_class_and_method_that_the_guide_names_is_there() throws Exception {
    Map<String, String> sources = sources();
    List<String> missing = new ArrayList<>();
    int found = 0;
    try (Stream<Path> pages = Files.list(GUIDE)) {
      for (Path page : pages.toList()) {
        Matcher names = NAME.matcher(Files.readString(page));
        while (names.find()) {
          String source = sources.get(names.group(1));
          String member = names.group(2);
          boolean there =
              source != null
                  && (member == null
                      || source.contains(" " + member + "(")
                      || source.contains(" record " + member));
          found++;
          if (!there) {
            missing.add(page.getFileName() + ": " + names.group());
          }
        }
      }
    }
    assertThat(found).isGreaterThan(30);
    assertThat(missing).isEmpty();
  }

  @Test
  void the_guides_write_makes_the_guides_word() throws Exception {
    String guide = Files.readString(GUIDE.resolve("one-write.adoc"));
    String[] blocks = guide.split("----\n");
    Workbench workbench = new Workbench();
    try (PortBackend backend =
        workbench.bootPort(workbench.configs().load(ConfigSource.ofProfile("linux-6.18")))) {
      var document =
          ScenarioRunner.run(ScenarioParser.parse("one.scenario", blocks[1]), backend, line -> {});
      assertThat(document.processes().get("A").present()).isEqualTo(4);
      long addr = 0x1000_0000_0000L;
      PageTable table = backend.machine().mms().getFirst().pgTables.pteTable(addr);
      assertThat(table).isNotNull();
      String word = "0x%016x".formatted(table.get(PageUnits.pteIndex(addr)));
      assertThat(guide).contains("page-table word `" + word + "`").contains(word + "\n");
    }
  }
}
