// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.grade;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * Compiles what students wrote, without running any of it.
 *
 * <p>What is known of the class path's jars is kept from one compilation to the next; several
 * threads may compile at once.
 */
final class StudentCompiler implements AutoCloseable {
  private final String classPath;

  /** Those that nobody compiles with at the moment: one is for one thread. */
  private final ConcurrentLinkedQueue<StandardJavaFileManager> idle = new ConcurrentLinkedQueue<>();

  /**
   * A compiler.
   *
   * @param classPath as of the JVM's option
   */
  StudentCompiler(String classPath) {
    this.classPath = classPath;
  }

  /**
   * Compiles into a folder.
   *
   * @return the first error, with file and line; null where it compiles
   * @throws AnswerDesk.TooLongException after that many seconds; there is source that takes for
   *     ever
   */
  @Nullable String compile(List<Path> sources, Path into, long seconds)
      throws IOException, AnswerDesk.TooLongException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    if (compiler == null) {
      throw new IOException("this Java has no compiler; a JDK is needed");
    }
    FutureTask<@Nullable String> task = new FutureTask<>(() -> compile(compiler, sources, into));
    Thread.ofPlatform().daemon().name("compiler").start(task); // nothing can stop it
    try {
      return task.get(seconds, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AnswerDesk.TooLongException();
    } catch (ExecutionException e) {
      return "the compiler gave up: " + e.getCause();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }

  private @Nullable String compile(JavaCompiler compiler, List<Path> sources, Path into)
      throws IOException {
    StandardJavaFileManager free = idle.poll();
    StandardJavaFileManager files = free == null ? open(compiler) : free;
    try {
      files.setLocationFromPaths(StandardLocation.CLASS_OUTPUT, List.of(into));
      DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
      boolean compiled =
          compiler
              .getTask(
                  Writer.nullWriter(),
                  files,
                  found,
                  List.of("-proc:none", "-nowarn"),
                  null,
                  files.getJavaFileObjectsFromPaths(sources))
              .call();
      return compiled ? null : describe(found);
    } finally {
      idle.add(files);
    }
  }

  private StandardJavaFileManager open(JavaCompiler compiler) {
    StandardJavaFileManager files =
        compiler.getStandardFileManager(told -> {}, Locale.ROOT, StandardCharsets.UTF_8);
    files.handleOption("-classpath", List.of(classPath).iterator());
    return files;
  }

  @Override
  public void close() throws IOException {
    for (StandardJavaFileManager files = idle.poll(); files != null; files = idle.poll()) {
      files.close();
    }
  }

  private static String describe(DiagnosticCollector<JavaFileObject> found) {
    return found.getDiagnostics().stream()
        .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
        .map(StudentCompiler::describe)
        .findFirst()
        .orElse("the compiler gave up, as it does where something is nested too deeply");
  }

  private static String describe(Diagnostic<? extends JavaFileObject> error) {
    JavaFileObject source = error.getSource();
    String file = source == null ? "" : Path.of(source.getName()).getFileName() + ":";
    String text =
        error.getMessage(Locale.ROOT).lines().map(String::strip).collect(Collectors.joining(", "));
    return file + error.getLineNumber() + ": " + text;
  }
}
