// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.grade;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** Compiles what a student wrote, without running any of it. */
final class StudentCompiler {
  private StudentCompiler() {}

  /**
   * Compiles into a folder.
   *
   * @param classPath as of the JVM's option
   * @return the first error, with file and line; null where it compiles
   */
  static @Nullable String compile(List<Path> sources, String classPath, Path into)
      throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    if (compiler == null) {
      throw new IOException("this Java has no compiler; a JDK is needed");
    }
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    try (StandardJavaFileManager files =
        compiler.getStandardFileManager(found, Locale.ROOT, StandardCharsets.UTF_8)) {
      List<String> options =
          List.of("-proc:none", "-nowarn", "-d", into.toString(), "-classpath", classPath);
      boolean compiled =
          compiler
              .getTask(
                  Writer.nullWriter(),
                  files,
                  found,
                  options,
                  null,
                  files.getJavaFileObjectsFromPaths(sources))
              .call();
      return compiled ? null : describe(found);
    }
  }

  private static String describe(DiagnosticCollector<JavaFileObject> found) {
    return found.getDiagnostics().stream()
        .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
        .map(StudentCompiler::describe)
        .findFirst()
        .orElse("no reason given");
  }

  private static String describe(Diagnostic<? extends JavaFileObject> error) {
    JavaFileObject source = error.getSource();
    String file = source == null ? "" : Path.of(source.getName()).getFileName() + ":";
    String text = error.getMessage(Locale.ROOT).lines().findFirst().orElse("");
    return file + error.getLineNumber() + ": " + text;
  }
}
