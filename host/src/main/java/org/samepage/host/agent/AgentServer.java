// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.agent;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.samepage.host.SurroundingsException;

/** Where processes connect to. */
public final class AgentServer implements AutoCloseable {
  /** A process that has not connected by then never will. */
  private static final long LONGEST_WAIT_MILLIS = 20_000;

  private final Path socket;
  private final ServerSocketChannel server;
  private final Selector selector;

  private AgentServer(Path socket, ServerSocketChannel server, Selector selector) {
    this.socket = socket;
    this.server = server;
    this.selector = selector;
  }

  /**
   * Opens one.
   *
   * @param socket its path; one that is left there is replaced
   */
  public static AgentServer open(Path socket) {
    try {
      Files.deleteIfExists(socket);
      ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      server.bind(UnixDomainSocketAddress.of(socket));
      server.configureBlocking(false);
      Selector selector = Selector.open();
      server.register(selector, SelectionKey.OP_ACCEPT);
      return new AgentServer(socket, server, selector);
    } catch (IOException e) {
      throw new SurroundingsException("no socket can be made: " + e.getMessage(), e);
    }
  }

  /** Its path. */
  public Path socket() {
    return socket;
  }

  /**
   * Waits for the process of this id to connect.
   *
   * @param name for messages
   */
  public Agent accept(long pid, String name) {
    try {
      if (selector.select(LONGEST_WAIT_MILLIS) == 0) {
        throw new SurroundingsException("process %s did not start".formatted(name));
      }
      selector.selectedKeys().clear();
      SocketChannel channel = server.accept();
      channel.configureBlocking(true);
      return Agent.greet(channel, pid, name);
    } catch (IOException e) {
      throw new SurroundingsException(
          "process %s cannot be reached: %s".formatted(name, e.getMessage()), e);
    }
  }

  @Override
  public void close() {
    try {
      selector.close();
      server.close();
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      throw new SurroundingsException("the socket cannot be removed: " + e.getMessage(), e);
    }
  }
}
