// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.agent;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.samepage.host.SurroundingsException;
import org.samepage.mm.errno.Errno;

/**
 * The helper that outlives us: it starts processes and writes knobs for us, and when its input
 * ends, because we closed it or are dead, it kills all processes and puts everything back.
 *
 * <p>Used by one thread, but for {@link #close}.
 */
public final class Keeper implements AutoCloseable {
  private final Process process;
  private final BufferedWriter to;
  private final BufferedReader from;
  private volatile boolean closed;

  private Keeper(Process process) {
    this.process = process;
    this.to = process.outputWriter(StandardCharsets.UTF_8);
    this.from = process.inputReader(StandardCharsets.UTF_8);
  }

  /**
   * Starts one.
   *
   * @param program from {@link AgentBinary}
   * @param socket where its processes connect to
   */
  public static Keeper start(Path program, Path socket) {
    try {
      return new Keeper(
          new ProcessBuilder(program.toString(), "keeper", socket.toString())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start());
    } catch (IOException e) {
      throw new SurroundingsException("the helper cannot be started: " + e.getMessage(), e);
    }
  }

  /** Its process id. */
  public long pid() {
    return process.pid();
  }

  /** Lets it write this to a file when all is over; what was said first is written first. */
  public void restoreAtEnd(Path file, String value) {
    demand("r " + file + " " + value);
  }

  /** Lets it remove a file when everything else has been put back. */
  public void removeAtEnd(Path file) {
    demand("u " + file);
  }

  /**
   * Writes to a file now.
   *
   * @return 0 or a negative errno
   */
  public int write(Path file, String value) {
    return (int) ask("k " + file + " " + value);
  }

  /** Starts a process, which connects to the socket, and returns its id. */
  public long startProcess() {
    return demand("s");
  }

  /** Takes care of a process that it did not start itself. */
  public void watch(long pid) {
    demand("w " + pid);
  }

  /** Makes an in-memory file, and returns its descriptor. */
  public long makeFile(long size) {
    return demand("f " + size);
  }

  /** Kills all processes, waits until they are gone, and closes all files. */
  public void clear() {
    demand("c");
  }

  /** Empties the LRU batches of every CPU, so that no page has a reference from there. */
  public void drain() {
    demand("d");
  }

  private long demand(String line) {
    long answer = ask(line);
    if (answer < 0) {
      throw new SurroundingsException(
          "the helper could not do '%s': %s".formatted(line, Errno.name((int) answer)));
    }
    return answer;
  }

  private long ask(String line) {
    try {
      to.write(line);
      to.write('\n');
      to.flush();
      String answer = from.readLine();
      if (answer == null) {
        throw gone();
      }
      return Long.parseLong(answer);
    } catch (IOException e) {
      throw gone();
    }
  }

  private SurroundingsException gone() {
    return new SurroundingsException(
        closed ? "stopped; everything is put back" : "the helper has died");
  }

  /** Throws where nobody is there to put things back. */
  public void demandAlive() {
    if (!process.isAlive()) {
      throw gone();
    }
  }

  /**
   * Ends it: kills all processes and puts everything back.
   *
   * @throws SurroundingsException where something could not be put back, or nobody is there to
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      to.close();
      String last = null;
      for (String line = from.readLine(); line != null; line = from.readLine()) {
        last = line;
      }
      int code = process.waitFor();
      if (last == null || code != 0) {
        throw new SurroundingsException(
            last == null
                ? "the helper has died before it could put everything back"
                : "not everything could be put back: " + Errno.name(Integer.parseInt(last)));
      }
    } catch (IOException e) {
      throw new SurroundingsException("the helper has died before it could put everything back", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SurroundingsException("interrupted while everything is put back", e);
    }
  }
}
