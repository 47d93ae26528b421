// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samepage.host.SurroundingsException;

final class AgentBinaryTest {
  @TempDir Path folder;

  /** A compiler that says what it was asked, and writes something to the file after -o. */
  private Path compiler(String name, String body) throws Exception {
    Path file = folder.resolve(name);
    Files.writeString(file, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return file;
  }

  private AgentBinary binary(String... environment) {
    HashMap<String, String> all = new HashMap<>();
    all.put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    for (int i = 0; i < environment.length; i += 2) {
      all.put(environment[i], environment[i + 1]);
    }
    return new AgentBinary(Map.copyOf(all));
  }

  @Test
  void cc_is_asked_first_then_the_path_in_a_fixed_order() throws Exception {
    Path gcc = compiler("gcc", "");
    Path clang = compiler("clang", "");
    String path = "/nonexistent::" + folder;
    assertThat(binary("PATH", path).compiler()).isEqualTo(List.of(gcc.toString()));
    assertThat(binary("PATH", path, "CC", " ccache  cc ").compiler())
        .isEqualTo(List.of("ccache", "cc"));
    Files.delete(gcc);
    assertThat(binary("PATH", path).compiler()).isEqualTo(List.of(clang.toString()));
    assertThat(binary("PATH", "/nonexistent").compiler()).isNull();
  }

  @Test
  void no_compiler_is_said_plainly() {
    assertThatThrownBy(() -> binary("PATH", "/nonexistent").compiled())
        .isInstanceOf(SurroundingsException.class)
        .hasMessageContaining("no C compiler was found");
    assertThatThrownBy(() -> new AgentBinary(Map.of("CC", "cc")).compiled())
        .hasMessageContaining("neither XDG_CACHE_HOME nor HOME is set");
  }

  @Test
  void a_compiler_that_fails_is_quoted_and_leaves_nothing() throws Exception {
    Path cc = compiler("cc", "echo agent.c:1: no such thing; exit 7");
    assertThatThrownBy(() -> binary("CC", cc.toString()).compiled())
        .isInstanceOf(SurroundingsException.class)
        .hasMessageContainingAll("exited with 7", "agent.c:1: no such thing");
    try (var files = Files.list(folder.resolve("cache/samepage"))) {
      assertThat(files).isEmpty();
    }
    assertThatThrownBy(() -> binary("CC", folder + "/none").compiled())
        .isInstanceOf(SurroundingsException.class)
        .hasMessageContaining("cannot be compiled");
  }

  @Test
  void it_is_compiled_once() throws Exception {
    Path cc =
        compiler(
            "cc",
            """
            echo x >> %s
            while [ "$1" != -o ]; do shift; done
            echo program > "$2"; chmod +x "$2"
            """
                .formatted(folder.resolve("calls")));
    AgentBinary binary = binary("CC", cc.toString());
    Path first = binary.compiled();
    assertThat(first).hasContent("program").isExecutable();
    assertThat(binary.compiled()).isEqualTo(first);
    assertThat(folder.resolve("calls")).hasContent("x");
  }

  @Test
  void what_the_real_compiler_makes_needs_no_library() throws Exception {
    AgentBinary binary = binary("PATH", System.getenv().getOrDefault("PATH", ""));
    assumeTrue(
        System.getProperty("os.arch").equals("amd64") && Files.exists(Path.of("/proc/self")),
        "the helper is for Linux on x86-64");
    assumeTrue(binary.compiler() != null, "there is no C compiler here");
    Path program = binary.compiled();
    Process process = new ProcessBuilder(program.toString()).start();
    assertThat(process.waitFor()).as("called with no role").isNotZero();
    String bytes = Files.readString(program, StandardCharsets.ISO_8859_1);
    assertThat(bytes).startsWith("\u007fELF").doesNotContain("/lib64/ld-linux");
  }
}
