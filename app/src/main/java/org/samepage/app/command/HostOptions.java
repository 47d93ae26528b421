// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.app.command;

import java.io.Console;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.samepage.app.bench.KernelProgram;
import org.samepage.app.workbench.UserMistakeException;
import org.samepage.host.SurroundingsException;
import org.samepage.host.session.HostSession;
import picocli.CommandLine.Option;

/** The options of commands that work on the real kernel. */
final class HostOptions {
  @Option(
      names = "--yes",
      description = "Write to the kernel's settings without asking; they are put back afterwards.")
  boolean yes;

  @Option(names = "--force", description = "Do what keeps a kernel busy for minutes, too.")
  boolean force;

  /** A session on this machine, with its owner's consent. */
  HostSession open(PrintWriter err) {
    HostSession session =
        HostSession.open(
            files -> yes || ask(files, err), force, line -> err.println("samepage: " + line));
    if (session == null) {
      throw new SurroundingsException("not allowed to write to the kernel's settings");
    }
    return session;
  }

  /** What is measured of a real kernel, by one of the C programs. */
  interface Measurement<E extends Exception> {
    void by(KernelProgram kernel) throws E;
  }

  /**
   * Measures this machine's own kernel, where that is possible.
   *
   * @param program the name of the C program, compiled for this
   * @return why it was not measured, or not all of it; null where it was
   */
  <E extends Exception> @Nullable String measure(
      String program, PrintWriter err, Measurement<E> measurement) throws E {
    if (!canAsk()) {
      return "this writes to KSM's settings (and puts them back): say --yes";
    }
    try (KernelProgram kernel = KernelProgram.compile(program);
        HostSession _ = open(err)) {
      measurement.by(kernel);
      return null;
    } catch (SurroundingsException e) {
      return e.getMessage();
    }
  }

  /** Whether consent is given, or can be asked for. */
  boolean canAsk() {
    return yes || terminal() != null;
  }

  @SuppressWarnings("SystemConsoleNull") // in JDK 25 it is null again where there is no terminal
  private static @Nullable Console terminal() {
    Console console = System.console();
    return console != null && console.isTerminal() ? console : null;
  }

  private static boolean ask(List<String> files, PrintWriter err) {
    Console console = terminal();
    if (console == null) {
      throw new UserMistakeException(
          "this writes to the settings of the kernel's KSM (and puts them back); nobody can be"
              + " asked here, so say --yes");
    }
    err.println("This will write to these files, and put back what they hold now:");
    files.forEach(file -> err.println("  " + file));
    err.print("Go on? [y/N] ");
    err.flush();
    String answer = console.readLine();
    return answer != null && answer.strip().toLowerCase(Locale.ROOT).startsWith("y");
  }
}
