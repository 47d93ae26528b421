// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.samepage.host.SurroundingsException;
import org.samepage.host.agent.AgentBinary;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * One of the C programs that measure a real kernel, compiled for this use. It writes to KSM's
 * settings, so it is run within a host session, which puts them back.
 */
public final class KernelProgram implements AutoCloseable {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final String HEADER = "ksmperf.h";
  private static final String PROGRAM = "program";

  private final String name;
  private final Path folder;

  private KernelProgram(String name, Path folder) {
    this.name = name;
    this.folder = folder;
  }

  /**
   * Compiles a program.
   *
   * @param name without {@code .c}
   * @throws SurroundingsException where that is not possible
   */
  public static KernelProgram compile(String name) {
    List<String> compiler = new AgentBinary(System.getenv()).compiler();
    if (compiler == null) {
      throw new SurroundingsException("no C compiler was found");
    }
    try {
      KernelProgram program = new KernelProgram(name, Files.createTempDirectory("samepage-bench"));
      try {
        program.build(compiler);
        return program;
      } catch (IOException | RuntimeException e) {
        program.close();
        throw e;
      }
    } catch (IOException e) {
      throw new SurroundingsException(name + ".c cannot be compiled: " + e.getMessage(), e);
    }
  }

  private void build(List<String> compiler) throws IOException {
    copy(HEADER);
    copy(name + ".c");
    List<String> command = new ArrayList<>(compiler);
    command.addAll(List.of("-O2", "-o", path(PROGRAM), path(name + ".c")));
    var _ = output(command);
  }

  private void copy(String file) throws IOException {
    try (InputStream in = KernelProgram.class.getResourceAsStream("kernel/" + file)) {
      if (in == null) {
        throw new SurroundingsException(file + " was not shipped with this build");
      }
      Files.write(folder.resolve(file), in.readAllBytes());
    }
  }

  private String path(String file) {
    return folder.resolve(file).toString();
  }

  /**
   * Runs it.
   *
   * @return the last line that it prints, which is a JSON object
   * @throws SurroundingsException where it fails
   */
  public JsonNode run(String... arguments) {
    List<String> command = new ArrayList<>(List.of(path(PROGRAM)));
    command.addAll(List.of(arguments));
    try {
      return MAPPER.readTree(output(command).lines().reduce("", (before, last) -> last));
    } catch (IOException e) {
      throw new SurroundingsException(name + " cannot be run: " + e.getMessage(), e);
    }
  }

  private String output(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      int code = process.waitFor();
      if (code != 0) {
        throw new SurroundingsException(
            "%s: exited with %d: %s"
                .formatted(name, code, said.lines().findFirst().orElse("no output")));
      }
      return said;
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new SurroundingsException("interrupted", e);
    }
  }

  @Override
  public void close() {
    for (String file : List.of(HEADER, name + ".c", PROGRAM)) {
      delete(folder.resolve(file));
    }
    delete(folder);
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      file.toFile().deleteOnExit();
    }
  }
}
