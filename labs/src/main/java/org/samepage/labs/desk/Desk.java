// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.labs.desk;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.samepage.labs.task.EntryReader;
import org.samepage.labs.task.FirstMerge;
import org.samepage.labs.task.Survey;

/**
 * Where a student's code runs: a process that answers requests until there are no more.
 *
 * <p>A request says on its first line what to do; see the classes of this package. What the
 * student's code throws is an answer that begins with {@link #CRASH}.
 */
public final class Desk {
  /** Begins an answer where the student's code threw something. */
  public static final String CRASH = "crash: ";

  /** Begins an answer where a scenario could not be carried out. */
  public static final String ERROR = "error: ";

  private Desk() {}

  /**
   * Answers requests from standard input.
   *
   * @param args the folder of the student's classes, and the name of the class that is asked for
   */
  public static void main(String[] args) throws IOException {
    try (DataInputStream in = new DataInputStream(new FileInputStream(FileDescriptor.in));
        DataOutputStream out =
            new DataOutputStream(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)))) {
      PrintStream nowhere =
          new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
      System.setOut(nowhere);
      System.setErr(nowhere);
      System.setIn(InputStream.nullInputStream());
      URL[] classes = {Path.of(args[0]).toUri().toURL()};
      try (URLClassLoader loader = new URLClassLoader(classes, Desk.class.getClassLoader())) {
        for (String request = DeskStreams.read(in);
            request != null;
            request = DeskStreams.read(in)) {
          DeskStreams.write(out, answer(request, loader, args[1]));
        }
      }
    }
    Runtime.getRuntime().halt(0); // whatever threads the student's code has left
  }

  /** Answers one request with the student's class that a loader finds. */
  public static String answer(String request, ClassLoader loader, String className) {
    int end = request.indexOf('\n');
    String[] words = request.substring(0, end).split(" ");
    String body = request.substring(end + 1);
    try {
      return switch (words[0]) {
        case "read" -> EntryDesk.answer(create(loader, className, EntryReader.class), body);
        case "survey" -> SurveyDesk.answer(create(loader, className, Survey.class), words, body);
        case "merge" -> MergeDesk.answer(create(loader, className, FirstMerge.class), body);
        case "run" -> StrategyDesk.answer(loader, className, words, body);
        default -> throw new IllegalArgumentException("no such request: " + words[0]);
      };
    } catch (Throwable e) { // a student's code may throw anything
      return CRASH + describe(e);
    }
  }

  private static <T> T create(ClassLoader loader, String className, Class<T> task)
      throws ReflectiveOperationException {
    var constructor =
        Class.forName(className, true, loader).asSubclass(task).getDeclaredConstructor();
    constructor.setAccessible(true);
    return constructor.newInstance();
  }

  /** The exception, and where in the student's code it came from. */
  private static String describe(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String where =
        Arrays.stream(cause.getStackTrace())
            .filter(frame -> frame.getClassName().startsWith("student."))
            .map(frame -> " at " + frame.getFileName() + ":" + frame.getLineNumber())
            .findFirst()
            .orElse("");
    return cause + where;
  }
}
