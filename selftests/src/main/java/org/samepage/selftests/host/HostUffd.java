// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.host;

import java.nio.ByteBuffer;
import org.samepage.host.agent.Agent;
import org.samepage.host.agent.Syscall;
import org.samepage.mm.errno.Errno;
import org.samepage.selftests.sys.Uffd;

/** A real userfaultfd. */
final class HostUffd implements Uffd {
  private static final long UFFD_API = 0xAA;
  private static final long O_NONBLOCK = 0x800;
  private static final long UFFDIO_API = 0xC018_AA3FL;
  private static final long UFFDIO_REGISTER = 0xC020_AA00L;
  private static final long UFFDIO_UNREGISTER = 0x8010_AA01L;
  private static final long UFFDIO_WRITEPROTECT = 0xC018_AA06L;

  private final Agent agent;
  private final long fd;
  private long features;

  private HostUffd(Agent agent, long fd) {
    this.agent = agent;
    this.fd = fd;
  }

  static HostUffd open(Agent agent) {
    long fd = agent.syscall(Syscall.USERFAULTFD, O_NONBLOCK);
    if (fd < 0) {
      throw new IllegalStateException("userfaultfd: " + Errno.name((int) fd));
    }
    return new HostUffd(agent, fd);
  }

  private long ioctl(long request, ByteBuffer argument) {
    agent.put(argument.clear());
    return agent.syscall(Syscall.IOCTL, fd, request, Agent.BUFFER);
  }

  @Override
  public long api(long wanted) {
    ByteBuffer argument = HostCalls.bytes(24);
    argument.putLong(UFFD_API).putLong(wanted);
    long result = ioctl(UFFDIO_API, argument);
    agent.get(argument.clear());
    features = argument.getLong(Long.BYTES);
    return result;
  }

  @Override
  public long features() {
    return features;
  }

  @Override
  public long register(long addr, long length, int mode) {
    ByteBuffer argument = HostCalls.bytes(32);
    argument.putLong(addr).putLong(length).putLong(mode);
    return ioctl(UFFDIO_REGISTER, argument);
  }

  @Override
  public long unregister(long addr, long length) {
    ByteBuffer argument = HostCalls.bytes(16);
    argument.putLong(addr).putLong(length);
    return ioctl(UFFDIO_UNREGISTER, argument);
  }

  @Override
  public long writeProtect(long addr, long length, boolean on) {
    ByteBuffer argument = HostCalls.bytes(24);
    argument.putLong(addr).putLong(length).putLong(on ? 1 : 0);
    return ioctl(UFFDIO_WRITEPROTECT, argument);
  }

  @Override
  public void close() {
    agent.syscall(Syscall.CLOSE, fd);
  }
}
