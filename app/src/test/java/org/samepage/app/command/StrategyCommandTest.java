// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;
import org.samepage.app.Main;

/** A strategy outside the reactor, from nothing to a row of compare. */
final class StrategyCommandTest {
  private static final String SCENARIO =
      Path.of(System.getProperty("samepage.root"), "scenarios/merge-basic.scenario").toString();

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
  }

  private Path fresh(String name, String point) {
    assertThat(run("strategy", "new", name, "--point", point, "--in", folder.toString()))
        .as(err.toString())
        .isZero();
    return folder.resolve(name);
  }

  private static List<Path> files(Path below) throws Exception {
    try (Stream<Path> all = Files.walk(below)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /** Compiles what is below a folder against what this test runs with. */
  private static Path compile(Path sources, Path classes, String more) throws Exception {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-d",
                Files.createDirectories(classes).toString(),
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path")
                    + System.getProperty("path.separator")
                    + more));
    files(sources).stream()
        .map(Path::toString)
        .filter(file -> file.endsWith(".java"))
        .forEach(arguments::add);
    assertThat(compiler.run(null, null, System.err, arguments.toArray(new String[0]))).isZero();
    return classes;
  }

  private static Path jar(Path project) throws Exception {
    Path classes = compile(project.resolve("src/main/java"), project.resolve("target/classes"), "");
    Path resources = project.resolve("src/main/resources");
    Path jar = project.resolve("target/plugin.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream zip = new JarOutputStream(file)) {
      for (Path root : List.of(classes, resources)) {
        for (Path entry : files(root)) {
          zip.putNextEntry(new JarEntry(root.relativize(entry).toString().replace('\\', '/')));
          zip.write(Files.readAllBytes(entry));
        }
      }
    }
    return jar;
  }

  private static TestExecutionSummary contract(Path project, Path jar, String test)
      throws Exception {
    Path classes =
        compile(
            project.resolve("src/test/java"),
            project.resolve("target/test-classes"),
            jar.toString());
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    try (URLClassLoader loader =
        new URLClassLoader(
            new URL[] {classes.toUri().toURL(), jar.toUri().toURL()},
            StrategyCommandTest.class.getClassLoader())) {
      Thread.currentThread().setContextClassLoader(loader);
      LauncherDiscoveryRequest request =
          LauncherDiscoveryRequestBuilder.request()
              .selectors(selectClass(loader.loadClass(test)))
              .build();
      SummaryGeneratingListener listener = new SummaryGeneratingListener();
      LauncherConfig config =
          LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build();
      LauncherFactory.create(config).execute(request, listener);
      return listener.getSummary();
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource({
    "my-scan, scan, MyScan, 17",
    "my-unmerge, unmerge, MyUnmerge, 11",
    "my-walk, rmap-walk, MyWalk, 4",
    "my-layout, rmap-item-layout, MyLayout, 5"
  })
  void a_new_strategy_keeps_its_contract_and_is_equal_to_the_others(
      String name, String point, String type, int promises) throws Exception {
    Path project = fresh(name, point);
    assertThat(files(project)).as("five files or fewer").hasSize(5);
    Path jar = jar(project);
    TestExecutionSummary contract = contract(project, jar, "strategy." + type + "PluginTest");
    assertThat(contract.getFailures()).as("promises broken").isEmpty();
    assertThat(contract.getTestsSucceededCount()).isGreaterThanOrEqualTo(promises - 1);
    String[] compare = {
      "compare", SCENARIO, "--profiles", "linux-6.18," + name, "--plugin", jar.toString()
    };
    assertThat(run(compare)).as(err.toString()).isZero();
    assertThat(out.toString()).contains(name);
    assertThat(run("explain", point + "/" + name, "--plugin", jar.toString())).isZero();
    assertThat(out.toString()).contains(name + ", a strategy for " + point);
    assertThat(run("run", SCENARIO, "--profile", name)).as("without its jar").isEqualTo(2);
    assertThat(err.toString()).contains("unknown profile " + name);
  }

  /** The plug-in finds nothing any more: its contract says which promise that breaks. */
  @Test
  void a_strategy_that_breaks_a_promise_is_told_which() throws Exception {
    Path project = fresh("my-scan", "scan");
    Path source = project.resolve("src/main/java/strategy/MyScanPlugin.java");
    Files.writeString(source, Files.readString(source).replace("return anon;", "return false;"));
    Path jar = jar(project);
    assertThat(contract(project, jar, "strategy.MyScanPluginTest").getFailures())
        .extracting(failure -> failure.getTestIdentifier().getLegacyReportingName())
        .contains("it_finds_every_anonymous_page_of_mergeable_mappings_once_and_in_order()");
    assertThat(
            run(
                "compare",
                SCENARIO,
                "--profiles",
                "linux-6.18,my-scan",
                "--plugin",
                jar.toString()))
        .isEqualTo(1);
    assertThat(out.toString()).contains("ksm.pages_shared: 64 / 0");
  }

  private static void replace(Path file, String what, String by) throws Exception {
    String text = Files.readString(file);
    assertThat(text).contains(what);
    Files.writeString(file, text.replace(what, by));
  }

  @Test
  void an_entry_of_a_page_that_is_being_moved_is_nothing_to_scan() throws Exception {
    Path project = fresh("my-scan", "scan");
    replace(
        project.resolve("src/main/java/strategy/MyScanPlugin.java"),
        "walk.folioWalkStart(vma, addr, 0)",
        "walk.folioWalkStart(vma, addr, org.samepage.pagewalk.FolioWalk.FW_MIGRATION)");
    assertThat(contract(project, jar(project), "strategy.MyScanPluginTest").getFailures())
        .extracting(failure -> failure.getTestIdentifier().getLegacyReportingName())
        .containsExactly("markers_swap_and_migration_entries_are_passed_over_in_silence()");
  }

  /** However the test of a broken promise ends that is no success. */
  @Test
  void a_declared_fault_may_show_as_an_exception_and_one_that_is_half_declared_is_told()
      throws Exception {
    Path project = fresh("my-walk", "rmap-walk");
    Path source = project.resolve("src/main/java/strategy/MyWalkPlugin.java");
    replace(source, "return 0;", "throw new IllegalStateException();");
    replace(source, "origin = \"ours\",", "origin = \"ours\", knownFaults = \"Finds none.\",");
    Path jar = jar(project);
    assertThat(contract(project, jar, "strategy.MyWalkPluginTest").getFailures())
        .hasSize(4)
        .extracting(failure -> String.valueOf(failure.getException().getMessage()))
        .anyMatch(message -> message.contains("it has [Finds none.]"));
    replace(
        project.resolve("src/test/java/strategy/MyWalkPluginTest.java"),
        "  @Override\n  protected org.samepage.ksm.spi.RmapItemLayout",
        """
          @Override
          protected java.util.Set<String> brokenPromises() {
            return java.util.Set.of(
                "a_page_that_was_merged_where_it_was_first_touched_is_visited",
                "a_page_that_was_moved_before_it_was_merged_is_visited",
                "a_page_of_a_private_file_is_visited");
          }

          @Override
          protected org.samepage.ksm.spi.RmapItemLayout\
        """);
    assertThat(contract(project, jar, "strategy.MyWalkPluginTest").getFailures()).isEmpty();
  }

  @Test
  void settings_of_its_own_come_from_its_reference_and_the_user_and_are_checked() throws Exception {
    Path project = fresh("my-layout", "rmap-item-layout");
    Path source = project.resolve("src/main/java/strategy/MyLayoutPlugin.java");
    Files.writeString(
        source,
        Files.readString(source)
            .replace(
                "    @Override\n    public int rmapItemSize() {\n      return 64;",
                """
                private final int bytes;

                @jakarta.inject.Inject
                MyLayout(org.samepage.ksm.spi.StrategySettings settings) {
                  bytes = (int) settings.whole("ext.rmap-item-layout.my-layout.bytes", 64, 128);
                }

                @Override
                public int rmapItemSize() {
                  return bytes;\
                """
                    .indent(0)
                    .stripTrailing()));
    Path reference = project.resolve("src/main/resources/reference.conf");
    Files.writeString(
        reference, Files.readString(reference) + "ext.rmap-item-layout.my-layout.bytes = 80\n");
    String jar = jar(project).toString();
    String[] command = {"run", SCENARIO, "--json", "-", "--profile", "my-layout", "--plugin", jar};
    // 1,024,000 with 64 bytes for each of 384 items, as a real kernel gives
    assertThat(run(command)).as(err.toString()).isZero();
    assertThat(out.toString()).contains("\"general_profit\":" + (1_024_000 - 16 * 384));
    assertThat(run(with(command, "ext.rmap-item-layout.my-layout.bytes=96"))).isZero();
    assertThat(out.toString()).contains("\"general_profit\":" + (1_024_000 - 32 * 384));
    assertThat(run(with(command, "ext.rmap-item-layout.my-layout.bytes=60"))).isEqualTo(2);
    assertThat(err.toString())
        .contains("ext.rmap-item-layout.my-layout.bytes takes a whole number from 64 to 128");
    assertThat(run(with(command, "ext.rmap-item-layout.my-layout.byte=96"))).isEqualTo(2);
    assertThat(err.toString()).contains("unknown key").contains("my-layout.bytes");
  }

  /** Each time one thing is changed in what was working. */
  @ParameterizedTest(name = "{2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "@StrategySpec( | @Deprecated @interface NoSpec { String name(); String summary();"
            + " String origin(); String cost(); String tells(); } @NoSpec("
            + " | lacks @StrategySpec",
        "super(List | if (true) throw new Error(\"no luck\"); super(List" + " | no luck",
        "origin = \"ours\", | origin = \"ours\", needs = \"overlay\","
            + " | needs \"overlay\", which is not point=strategy",
        "implements RmapItemLayout { | implements RmapItemLayout { MyLayout(int bytes) {}"
            + " | has neither one constructor with @Inject nor one without parameters",
        "name = \"my-layout\" | name = \"overlay\""
            + " | two strategies are named overlay at rmap-item-layout",
        "public MyLayoutPlugin | MyLayoutPlugin | public no-arg constructor"
      })
  void what_is_wrong_with_a_plug_in_is_told(String what, String by, String said) throws Exception {
    Path project = fresh("my-layout", "rmap-item-layout");
    replace(project.resolve("src/main/java/strategy/MyLayoutPlugin.java"), what, by);
    String jar = jar(project).toString();
    assertThat(run("run", SCENARIO, "--plugin", jar)).isEqualTo(2);
    assertThat(err.toString()).contains("--plugin " + jar, said).hasLineCount(1);
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource({
    "@jakarta.inject.Inject MyLayout(Runnable r) {}, No implementation for java.lang.Runnable was"
        + " bound",
    "MyLayout() { throw new IllegalStateException(); }, IllegalStateException"
  })
  void a_strategy_that_cannot_be_made_is_told(String constructor, String said) throws Exception {
    Path project = fresh("my-layout", "rmap-item-layout");
    replace(
        project.resolve("src/main/java/strategy/MyLayoutPlugin.java"),
        "implements RmapItemLayout {",
        "implements RmapItemLayout { " + constructor);
    String jar = jar(project).toString();
    assertThat(run("run", SCENARIO, "--plugin", jar, "--profile", "my-layout"))
        .as(err.toString())
        .isEqualTo(2);
    assertThat(err.toString())
        .contains("strategy.rmap-item-layout = my-layout: ", " cannot be made: ", said)
        .hasLineCount(1);
  }

  @ParameterizedTest(name = "without {0}")
  @CsvSource({"class, reference.conf", "unmerge, reference.conf"})
  void a_profile_that_cannot_be_read_is_told(String without, String said) throws Exception {
    Path project = fresh("my-scan", "scan");
    replace(project.resolve("src/main/resources/reference.conf"), without, "other");
    String jar = jar(project).toString();
    assertThat(run("strategies", "--plugin", jar)).isEqualTo(2);
    assertThat(err.toString()).contains("--plugin " + jar, said);
  }

  private static String[] with(String[] command, String setting) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of("--set", setting));
    return all.toArray(new String[0]);
  }

  @Test
  void what_cannot_be_a_plug_in_or_a_new_strategy_is_the_users_mistake() throws Exception {
    Path text = Files.writeString(folder.resolve("no.jar"), "nothing");
    assertThat(run("strategies", "--plugin", text.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("no.jar: neither a jar nor a folder of classes");
    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertThat(run("strategies", "--plugin", empty.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("it has no META-INF/services/");
    assertThat(run("strategies", "--plugin", folder.resolve("none.jar").toString())).isEqualTo(2);
    assertThat(err.toString()).contains("none.jar: no such file");
    String in = folder.toString();
    assertThat(run("strategy", "new", "ksm-v3", "--in", in)).isEqualTo(2);
    assertThat(err.toString()).contains("there is a profile ksm-v3 already");
    for (String taken : List.of("list", "offer", "override", "scan-strategy")) {
      assertThat(run("strategy", "new", taken, "--in", in)).as(taken).isEqualTo(2);
      assertThat(err.toString()).contains("would be a class ").hasLineCount(1);
    }
    assertThat(run("strategy", "new", "My Scan", "--in", in)).isEqualTo(2);
    assertThat(run("strategy", "new", "per-address", "--in", in)).isEqualTo(2);
    assertThat(err.toString()).contains("there is a strategy per-address for scan already");
    assertThat(run("strategy", "new", "mine", "--point", "scans", "--in", in)).isEqualTo(2);
    assertThat(err.toString())
        .contains("unknown extension point scans")
        .contains("rmap-item-layout");
    var _ = fresh("mine", "scan");
    assertThat(run("strategy", "new", "mine", "--in", in)).isEqualTo(2);
    assertThat(err.toString()).contains("is there already");
  }
}
