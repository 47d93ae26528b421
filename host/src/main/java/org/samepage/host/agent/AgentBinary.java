// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.agent;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.samepage.host.SurroundingsException;

/** The helper's program: compiled from its source at first use, into the user's cache folder. */
public final class AgentBinary {
  private static final List<String> COMPILERS = List.of("cc", "gcc", "clang");
  private static final List<String> FLAGS =
      List.of(
          "-std=gnu11",
          "-Os",
          "-ffreestanding",
          "-fno-builtin",
          "-fno-stack-protector",
          "-fno-asynchronous-unwind-tables",
          "-fno-omit-frame-pointer",
          "-fcf-protection=none",
          "-fPIE",
          "-mno-sse",
          "-mno-mmx",
          "-nostdlib",
          "-static",
          "-no-pie",
          "-Wl,--build-id=none",
          "-Wl,-z,noexecstack");
  private static final int SHOWN_LINES = 5;

  private final Map<String, String> environment;

  /**
   * A helper to be compiled.
   *
   * @param environment with CC, PATH, XDG_CACHE_HOME and HOME
   */
  public AgentBinary(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * The compiler that would be used: what CC says, else cc, gcc or clang on the PATH.
   *
   * @return the command and its first arguments; null where there is none
   */
  public @Nullable List<String> compiler() {
    String chosen = environment.get("CC");
    if (chosen != null && !chosen.isBlank()) {
      return List.of(chosen.trim().split("\\s+"));
    }
    for (String name : COMPILERS) {
      for (String folder : environment.getOrDefault("PATH", "").split(File.pathSeparator)) {
        if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, name))) {
          return List.of(Path.of(folder, name).toString());
        }
      }
    }
    return null;
  }

  /**
   * The program, compiled if it is not there yet.
   *
   * @throws SurroundingsException where that is not possible
   */
  public Path compiled() {
    byte[] source = source();
    Path folder = cacheFolder();
    Path program = folder.resolve("agent-" + fingerprint(source));
    if (Files.isExecutable(program)) {
      return program;
    }
    List<String> compiler = compiler();
    if (compiler == null) {
      throw new SurroundingsException(
          "no C compiler was found: CC is not set, and there is no cc, gcc or clang on the PATH");
    }
    try {
      Files.createDirectories(folder);
      Path built = compile(compiler, source, folder);
      Files.move(built, program, StandardCopyOption.ATOMIC_MOVE);
      return program;
    } catch (IOException e) {
      throw new SurroundingsException(
          "the host backend's helper cannot be compiled: " + e.getMessage(), e);
    }
  }

  private static Path compile(List<String> compiler, byte[] source, Path folder)
      throws IOException {
    Path work = Files.createTempDirectory(folder, "build");
    Path text = work.resolve("agent.c");
    Path program = work.resolve("agent");
    Path log = work.resolve("log");
    try {
      Files.write(text, source);
      List<String> command = new ArrayList<>(compiler);
      command.addAll(FLAGS);
      command.addAll(List.of("-o", program.toString(), text.toString()));
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      int code = process.waitFor();
      if (code != 0) {
        List<String> said = Files.readAllLines(log);
        throw new SurroundingsException(
            "the host backend's helper cannot be compiled: %s exited with %d: %s"
                .formatted(
                    compiler.getFirst(),
                    code,
                    String.join("; ", said.subList(0, Math.min(SHOWN_LINES, said.size())))));
      }
      Path outside = folder.resolve(work.getFileName() + ".agent");
      return Files.move(program, outside, StandardCopyOption.REPLACE_EXISTING);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SurroundingsException("interrupted while compiling", e);
    } finally {
      for (Path file : List.of(text, program, log, work)) {
        Files.deleteIfExists(file);
      }
    }
  }

  private Path cacheFolder() {
    String cache = environment.get("XDG_CACHE_HOME");
    if (cache != null && !cache.isBlank()) {
      return Path.of(cache, "samepage");
    }
    String home = environment.get("HOME");
    if (home == null || home.isBlank()) {
      throw new SurroundingsException("neither XDG_CACHE_HOME nor HOME is set: no cache folder");
    }
    return Path.of(home, ".cache", "samepage");
  }

  private static byte[] source() {
    try (InputStream in =
        Objects.requireNonNull(AgentBinary.class.getResourceAsStream("agent.c"), "agent.c")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException("agent.c cannot be read", e);
    }
  }

  /** Another source or other flags are another program. */
  private static String fingerprint(byte[] source) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(source);
      digest.update(String.join(" ", FLAGS).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
