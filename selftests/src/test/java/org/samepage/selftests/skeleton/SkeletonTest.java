// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.skeleton;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What --new writes is a class that compiles. */
final class SkeletonTest {
  @Test
  void it_is_named_after_the_program_and_its_id_is_free() {
    Skeleton skeleton = Skeleton.of("map_populate", List.of("MP", "MA"));
    assertThat(skeleton.className()).isEqualTo("MapPopulateSuite");
    assertThat(skeleton.source()).contains("return \"MB\";").contains("mm/map_populate.c:main");
    assertThat(Skeleton.of("cow", List.of()).source()).contains("return \"CO\";");
  }

  @Test
  void it_compiles(@TempDir Path classes) {
    Skeleton skeleton = Skeleton.of("split-huge_page-test", List.of());
    JavaFileObject source =
        new SimpleJavaFileObject(
            URI.create("string:///" + skeleton.className() + ".java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return skeleton.source();
          }
        };
    List<String> options =
        List.of(
            "-proc:none",
            "-classpath",
            System.getProperty("java.class.path"),
            "-Xlint:all",
            "-Werror",
            "-d",
            classes.toString(),
            "-implicit:none");
    assertThat(
            ToolProvider.getSystemJavaCompiler()
                .getTask(null, null, null, options, null, List.of(source))
                .call())
        .isTrue();
  }
}
