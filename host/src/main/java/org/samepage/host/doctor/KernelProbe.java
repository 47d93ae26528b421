// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.doctor;

import java.util.function.LongToDoubleFunction;
import org.samepage.host.SurroundingsException;
import org.samepage.host.agent.Agent;
import org.samepage.host.agent.Syscall;
import org.samepage.host.kernel.KsmdStepper;
import org.samepage.host.kernel.ProcFiles;
import org.samepage.host.session.HostSession;
import org.samepage.machine.SyscallException;
import org.samepage.scenario.lang.Advice;

/**
 * Measures what a kernel does with a mapping that has one page: who goes by address takes 512 times
 * as long for one that is 512 times as large; who jumps over holes takes the same.
 */
public final class KernelProbe {
  private static final long SMALL = 4L << 20;
  private static final long LARGE = 512 * SMALL;
  private static final long WHERE = 0x5000_0000_0000L;
  private static final int PRIVATE_ANONYMOUS_NORESERVE_NOREPLACE = 0x10_4022;
  private static final int READ_WRITE = 3;
  private static final int ROUNDS = 5;

  /** Between 1 and 512, far from both. */
  private static final double BY_ADDRESS = 16;

  private final HostSession session;

  public KernelProbe(HostSession session) {
    this.session = session;
  }

  /** Everything; for a session in which no scenario runs. */
  public KernelTraits traits() {
    double scan = ratio(this::scanNanos);
    double unmerge = ratio(this::unmergeNanos);
    return new KernelTraits(scan > BY_ADDRESS, unmerge > BY_ADDRESS, scan, unmerge);
  }

  /** Whether unmerging goes address by address; leaves a scenario that runs as it is. */
  public boolean unmergesByAddress() {
    return ratio(this::unmergeNanos) > BY_ADDRESS;
  }

  private static double ratio(LongToDoubleFunction nanos) {
    double small = Double.MAX_VALUE;
    double large = Double.MAX_VALUE;
    for (int i = 0; i < ROUNDS; i++) {
      small = Math.min(small, nanos.applyAsDouble(SMALL));
      large = Math.min(large, nanos.applyAsDouble(LARGE));
    }
    return large / small;
  }

  private double unmergeNanos(long size) {
    Agent agent = mergeable(size);
    long start = System.nanoTime();
    call(agent, Syscall.MADVISE, WHERE, size, Advice.UNMERGEABLE.number());
    long nanos = System.nanoTime() - start;
    agent.exit();
    return nanos;
  }

  private double scanNanos(long size) {
    Agent agent = mergeable(size);
    long before = ksmdNanos();
    session.ksmd().passes(1);
    long nanos = ksmdNanos() - before;
    agent.exit();
    return nanos;
  }

  private Agent mergeable(long size) {
    Agent agent = session.startProcess("probe");
    call(
        agent, Syscall.MMAP, WHERE, size, READ_WRITE, PRIVATE_ANONYMOUS_NORESERVE_NOREPLACE, -1, 0);
    try {
      agent.poke(WHERE, 1, 1);
    } catch (SyscallException e) {
      throw new SurroundingsException("the probe cannot write to its own memory", e);
    }
    call(agent, Syscall.MADVISE, WHERE, size, Advice.MERGEABLE.number());
    return agent;
  }

  private static void call(Agent agent, Syscall call, long... args) {
    long result = agent.syscall(call, args);
    if (result < 0 && result >= -4095) {
      throw new SurroundingsException("the probe's %s failed with %d".formatted(call, -result));
    }
  }

  /** CPU time of ksmd so far. */
  private static long ksmdNanos() {
    String stat = ProcFiles.read(ProcFiles.of(KsmdStepper.findKsmd(), "schedstat"));
    return Long.parseLong(stat.split(" ")[0]);
  }
}
