// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.grade;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.samepage.labs.desk.Desk;
import org.samepage.labs.desk.DeskStreams;

/** A student's code in a process of its own; it is gone when this is closed. */
final class DeskProcess implements AnswerDesk {
  private static final List<String> LIMITS =
      List.of(
          "-Xmx512m",
          "-XX:MaxMetaspaceSize=128m",
          "-XX:MaxDirectMemorySize=64m",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:-UsePerfData", // there is no folder for it behind walls
          "-XX:+DisplayVMOutputToStderr", // standard output is for answers
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  /** What of our own command line lets Java start from what an earlier run has written down. */
  private static final List<String> STARTING =
      List.of("-XX:AOTCache=", "-XX:AOTMode=", "-XX:+UseCompactObjectHeaders", "-Xlog:disable");

  /** An exit code above this is a signal's number more. */
  private static final int SIGNALS = 128;

  private final Process process;
  private final DataOutputStream out;
  private final DataInputStream in;

  /**
   * Starts one.
   *
   * @param classes the student's; the one folder that it may write to
   */
  DeskProcess(Jail jail, String classPath, Path classes, String className) throws IOException {
    List<String> java = new ArrayList<>();
    java.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    java.addAll(LIMITS);
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> STARTING.stream().anyMatch(argument::startsWith))
        .forEach(java::add);
    java.addAll(
        List.of(
            "-cp", absolute(classPath), Desk.class.getName(), classes.toAbsolutePath().toString()));
    java.add(className);
    process =
        new ProcessBuilder(jail.command(classes, java))
            .directory(classes.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    out = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
    in = new DataInputStream(new BufferedInputStream(process.getInputStream()));
  }

  /** The process starts in another folder. */
  private static String absolute(String classPath) {
    return Pattern.compile(File.pathSeparator, Pattern.LITERAL)
        .splitAsStream(classPath)
        .filter(entry -> !entry.isEmpty())
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  @Override
  public @Nullable String ask(String request, long seconds) throws TooLongException {
    CompletableFuture<@Nullable String> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            DeskStreams.write(out, request);
            answer.complete(DeskStreams.read(in));
          } catch (IOException e) {
            answer.complete(null);
          }
        });
    try {
      return answer.get(seconds, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new TooLongException();
    } catch (ExecutionException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }

  @Override
  public String ending() {
    try {
      if (!process.waitFor(1, TimeUnit.SECONDS)) {
        return "said what is no answer";
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "was not waited for";
    }
    int code = process.exitValue();
    return code > SIGNALS
        ? "was ended by signal %d".formatted(code - SIGNALS)
        : "ended without one, with exit code %d".formatted(code);
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
