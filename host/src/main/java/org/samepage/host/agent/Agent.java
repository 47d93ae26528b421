// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;
import org.samepage.host.SurroundingsException;
import org.samepage.machine.SyscallException;
import org.samepage.scenario.backend.BackendProcess.Mismatch;
import org.samepage.scenario.lang.Content;

/**
 * One real process that does what it is told: system calls, accesses to memory, fork, exit.
 *
 * <p>Messages are eight little-endian words each way; see {@code agent.c}.
 */
public final class Agent implements AutoCloseable {
  /** Where the process keeps what is put into it and taken out of it. */
  public static final long BUFFER = 0x0800_0000_1000L;

  /** Bytes of that. */
  public static final int BUFFER_SIZE = 24 * 4096;

  private static final int WORDS = 8;
  private static final long HELLO = 0x6567_6170_656d_6173L;
  private static final int SIGBUS = 7;

  /** What agent.c calls OP_*. */
  private enum Op {
    SYSCALL(1),
    WRITE(2),
    POKE(3),
    TOUCH(4),
    CHECK(5),
    FORK(6),
    PUT(7),
    GET(8),
    EXIT(9),
    LOAD(10),
    STORE(11),
    FILL(12);

    private final long number;

    Op(long number) {
      this.number = number;
    }
  }

  private final SocketChannel channel;
  private final long pid;
  private final String name;
  private final ByteBuffer message =
      ByteBuffer.allocateDirect(WORDS * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);

  private Agent(SocketChannel channel, long pid, String name) {
    this.channel = channel;
    this.pid = pid;
    this.name = name;
  }

  /** Takes the first message of a process that has connected. */
  static Agent greet(SocketChannel channel, long pid, String name) throws IOException {
    Agent agent = new Agent(channel, pid, name);
    agent.receive();
    if (agent.result() != HELLO || agent.value(0) != pid) {
      throw new SurroundingsException("someone else than process %s has connected".formatted(name));
    }
    return agent;
  }

  public long pid() {
    return pid;
  }

  /**
   * A system call.
   *
   * @return what it returned: a negative errno where it failed
   */
  public long syscall(Syscall call, long... args) {
    long[] all = new long[1 + args.length];
    all[0] = call.number();
    System.arraycopy(args, 0, all, 1, args.length);
    ask(Op.SYSCALL, all);
    return result();
  }

  /** Overwrites pages. */
  public void write(long addr, long pages, Content content) throws SyscallException {
    ask(Op.WRITE, addr, pages, kind(content), figure(content));
    throwSignal();
  }

  /** Writes the first byte of each page. */
  public void poke(long addr, long pages, int value) throws SyscallException {
    ask(Op.POKE, addr, pages, value);
    throwSignal();
  }

  /** Reads the first byte of each page. */
  public void touch(long addr, long pages) throws SyscallException {
    ask(Op.TOUCH, addr, pages);
    throwSignal();
  }

  /** Compares every byte; null where all are as they should be. */
  public @Nullable Mismatch check(long addr, long pages, Content content) throws SyscallException {
    ask(Op.CHECK, addr, pages, kind(content), figure(content));
    throwSignal();
    return value(0) == 0
        ? null
        : new Mismatch(value(1), (int) value(2), (int) value(3), (int) value(4));
  }

  /**
   * Reads memory.
   *
   * @param into its remaining bytes, at most {@link #BUFFER_SIZE}
   */
  public void load(long addr, ByteBuffer into) throws SyscallException {
    ask(Op.LOAD, addr, into.remaining());
    throwSignal();
    get(into);
  }

  /**
   * Writes memory.
   *
   * @param from its remaining bytes, at most {@link #BUFFER_SIZE}
   */
  public void store(long addr, ByteBuffer from) throws SyscallException {
    int length = from.remaining();
    put(from);
    ask(Op.STORE, addr, length);
    throwSignal();
  }

  /** Writes one byte all over a range. */
  public void fill(long addr, long length, int value) throws SyscallException {
    ask(Op.FILL, addr, length, value);
    throwSignal();
  }

  /**
   * Makes a system call that does not return where it succeeds, as execve; this connection is of no
   * use then.
   */
  public void leave(Syscall call, long... args) {
    long[] all = new long[1 + args.length];
    all[0] = call.number();
    System.arraycopy(args, 0, all, 1, args.length);
    try {
      send(Op.SYSCALL, all);
    } catch (IOException e) {
      throw died(e);
    }
  }

  /**
   * Forks.
   *
   * @return the child's id, or a negative errno; the child connects by itself
   */
  public long fork() {
    ask(Op.FORK);
    return result();
  }

  /** Puts bytes into the process, at {@link #BUFFER}. */
  public void put(ByteBuffer bytes) {
    try {
      send(Op.PUT, bytes.remaining());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      receive();
    } catch (IOException e) {
      throw died(e);
    }
  }

  /** Takes bytes out of the process, from {@link #BUFFER} on. */
  public void get(ByteBuffer bytes) {
    try {
      send(Op.GET, bytes.remaining());
      fill(bytes);
    } catch (IOException e) {
      throw died(e);
    }
  }

  /** Lets it exit, and waits until its memory is gone: a process gives up its files after that. */
  public void exit() {
    try {
      send(Op.EXIT);
      message.clear();
      while (channel.read(message) >= 0) {
        message.clear();
      }
      channel.close();
    } catch (IOException e) {
      throw died(e);
    }
  }

  private void ask(Op op, long... args) {
    try {
      send(op, args);
      receive();
    } catch (IOException e) {
      throw died(e);
    }
  }

  private void send(Op op, long... args) throws IOException {
    message.clear();
    message.putLong(op.number);
    for (long arg : args) {
      message.putLong(arg);
    }
    while (message.hasRemaining()) {
      message.putLong(0);
    }
    message.flip();
    while (message.hasRemaining()) {
      channel.write(message);
    }
  }

  private void receive() throws IOException {
    message.clear();
    fill(message);
  }

  private void fill(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.read(bytes) < 0) {
        throw new SurroundingsException("process %s has died".formatted(name));
      }
    }
  }

  private SurroundingsException died(IOException e) {
    return new SurroundingsException("process %s has died".formatted(name), e);
  }

  private long result() {
    return message.getLong(0);
  }

  private long value(int index) {
    return message.getLong((2 + index) * Long.BYTES);
  }

  private void throwSignal() throws SyscallException {
    long signal = message.getLong(Long.BYTES);
    if (signal != 0) {
      throw SyscallException.ofSignal(signal == SIGBUS ? "SIGBUS" : "SIGSEGV");
    }
  }

  /** BYTES, ID, SEQUENCE and CYCLE of agent.c. */
  private static long kind(Content content) {
    return switch (content) {
      case Content.Bytes _ -> 0;
      case Content.Id _ -> 1;
      case Content.Sequence _ -> 2;
      case Content.Cycle _ -> 3;
    };
  }

  private static long figure(Content content) {
    return switch (content) {
      case Content.Bytes bytes -> bytes.value();
      case Content.Id id -> id.pattern();
      case Content.Sequence sequence -> sequence.first();
      case Content.Cycle cycle -> cycle.period();
    };
  }

  /** Hangs up; the process then exits by itself. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new SurroundingsException("the socket cannot be closed: " + e.getMessage(), e);
    }
  }
}
