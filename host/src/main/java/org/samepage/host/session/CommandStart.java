// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.session;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.samepage.host.SurroundingsException;
import org.samepage.host.agent.Agent;
import org.samepage.host.agent.Syscall;
import org.samepage.mm.errno.Errno;

/** Turns a process of ours into a command of the user's. */
final class CommandStart {
  private static final String SHELL = "/bin/sh";
  private static final long PR_SET_MEMORY_MERGE = 67;
  private static final int AFFINITY_BYTES = 128;
  private static final int SIGACTION_BYTES = 32;
  private static final int SIGSET_BYTES = 8;

  /** HUP, INT, BUS, SEGV, PIPE, TERM, CHLD: what a helper ignores or catches. */
  private static final int[] SIGNALS = {1, 2, 7, 11, 13, 15, 17};

  private CommandStart() {}

  /** As it would be started in a shell, but for mergeable memory, no input, and a log. */
  static void exec(Agent agent, String command, Path log) {
    for (int signal : SIGNALS) {
      agent.put(ByteBuffer.allocate(SIGACTION_BYTES)); // SIG_DFL
      demand(agent.syscall(Syscall.RT_SIGACTION, signal, Agent.BUFFER, 0, SIGSET_BYTES), command);
    }
    byte[] everyCpu = new byte[AFFINITY_BYTES];
    Arrays.fill(everyCpu, (byte) 0xff);
    agent.put(ByteBuffer.wrap(everyCpu));
    demand(agent.syscall(Syscall.SCHED_SETAFFINITY, 0, AFFINITY_BYTES, Agent.BUFFER), command);
    demand(agent.syscall(Syscall.PRCTL, PR_SET_MEMORY_MERGE, 1, 0, 0, 0), command);
    String line = "exec %s </dev/null >'%s' 2>&1".formatted(command, log);
    List<String> arguments = List.of(SHELL, "-c", line);
    List<String> environment = new ArrayList<>();
    System.getenv().forEach((name, value) -> environment.add(name + "=" + value));
    ByteBuffer all = ByteBuffer.allocate(Agent.BUFFER_SIZE).order(ByteOrder.LITTLE_ENDIAN);
    int texts = (arguments.size() + environment.size() + 2) * Long.BYTES;
    int at = put(all, 0, arguments, texts);
    int environmentAt = (arguments.size() + 1) * Long.BYTES;
    int end = put(all, environmentAt, environment, at);
    long path = all.getLong(0);
    agent.put(all.limit(end).position(0));
    agent.leave(Syscall.EXECVE, path, Agent.BUFFER, Agent.BUFFER + environmentAt);
  }

  private static void demand(long result, String command) {
    if (result < 0) {
      throw new SurroundingsException(
          "'%s' cannot be started: %s".formatted(command, Errno.name((int) result)));
    }
  }

  /** Puts texts at an offset, and pointers to them at another; returns where the texts end. */
  private static int put(ByteBuffer all, int pointers, List<String> texts, int offset) {
    int at = offset;
    for (int i = 0; i < texts.size(); i++) {
      byte[] text = texts.get(i).getBytes(StandardCharsets.UTF_8);
      if (at + text.length + 1 > all.capacity()) {
        throw new SurroundingsException("the command and the environment are too long");
      }
      all.putLong(pointers + i * Long.BYTES, Agent.BUFFER + at);
      all.put(at, text);
      at += text.length + 1;
    }
    return at;
  }
}
