// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.session;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.samepage.host.SurroundingsException;
import org.samepage.host.agent.Agent;
import org.samepage.host.agent.AgentBinary;
import org.samepage.host.agent.AgentServer;
import org.samepage.host.agent.Keeper;
import org.samepage.host.kernel.ForeignUsers;
import org.samepage.host.kernel.HugePages;
import org.samepage.host.kernel.Knobs;
import org.samepage.host.kernel.Knobs.Setting;
import org.samepage.host.kernel.KsmdStepper;
import org.samepage.mm.errno.Errno;

/**
 * The machine's KSM, ours from opening to closing. Used by one thread; {@link #close} may be called
 * by another, as it is when the JVM is told to end.
 */
public final class HostSession implements AutoCloseable {
  private final HostLock lock;
  private final Path program;
  private final AgentServer server;
  private final Keeper keeper;
  private final KsmdStepper ksmd;
  private final boolean force;
  private final Set<Long> ours = new HashSet<>();
  private final Thread atExit = new Thread(this::closeQuietly, "samepage-restore");
  private boolean hugePagesAreLeftAlone;
  private boolean closed;

  private HostSession(
      HostLock lock,
      Path program,
      AgentServer server,
      Keeper keeper,
      KsmdStepper ksmd,
      boolean force) {
    this.lock = lock;
    this.program = program;
    this.server = server;
    this.keeper = keeper;
    this.ksmd = ksmd;
    this.force = force;
  }

  /**
   * Opens a session.
   *
   * @param consent asked before anything is written
   * @param force do what would keep the kernel busy for minutes, too
   * @param says takes lines for the user
   * @return null where consent was not given
   * @throws SurroundingsException where the machine cannot be had
   */
  public static @Nullable HostSession open(Consent consent, boolean force, Consumer<String> says) {
    AgentBinary binary = new AgentBinary(System.getenv());
    new Requirements(binary).demand();
    Path program = binary.compiled();
    HostLock lock = HostLock.take();
    try {
      LeftKeepers.await(program);
      List<String> others = ForeignUsers.find(Set.of());
      if (!others.isEmpty()) {
        throw new SurroundingsException(
            "other processes use KSM, and their pages would be counted: "
                + String.join(", ", others));
      }
      boolean left = lock.leftBehind() != null;
      if (left) {
        says.accept("a run that was killed has left KSM's settings changed; they are put back too");
      }
      LinkedHashSet<String> files = new LinkedHashSet<>();
      List<Setting> now = Knobs.asTheyAre();
      now.reversed().forEach(setting -> files.add(describe(setting, now)));
      if (HugePages.canCompact()) {
        files.add(HugePages.COMPACT + " (holds nothing; compacts memory)");
      }
      if (!consent.given(List.copyOf(files))) {
        lock.close();
        return null;
      }
      putBackWhatIsLeft(lock, program);
      return begin(lock, program, left ? Knobs.asTheyAre() : now, force);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** The last setting of a file is what it has now. */
  private static String describe(Setting setting, List<Setting> all) {
    String now =
        all.reversed().stream()
            .filter(other -> other.file().equals(setting.file()))
            .findFirst()
            .orElseThrow()
            .value();
    return "%s (now %s)".formatted(setting.file(), now);
  }

  private static HostSession begin(
      HostLock lock, Path program, List<Setting> before, boolean force) {
    long ksmdPid = KsmdStepper.findKsmd();
    AgentServer server = AgentServer.open(lock.socket());
    lock.save(before);
    Keeper keeper = keeperFor(program, server.socket(), before, lock);
    try {
      HostSession session =
          new HostSession(lock, program, server, keeper, new KsmdStepper(keeper, ksmdPid), force);
      Runtime.getRuntime().addShutdownHook(session.atExit);
      Setting onDemand = Knobs.hugePagesOnDemand();
      if (onDemand != null) {
        session.write(onDemand.file(), onDemand.value());
      }
      session.ksmd.park();
      return session;
    } catch (RuntimeException e) {
      keeper.close();
      server.close();
      throw e;
    }
  }

  private static Keeper keeperFor(
      Path program, Path socket, List<Setting> settings, HostLock lock) {
    Keeper keeper = Keeper.start(program, socket);
    settings.forEach(setting -> keeper.restoreAtEnd(setting.file(), setting.value()));
    keeper.removeAtEnd(lock.socket());
    keeper.removeAtEnd(lock.saved());
    return keeper;
  }

  /** Lets a new keeper do what another could not do any more. */
  private static void putBackWhatIsLeft(HostLock lock, Path program) {
    List<Setting> left = lock.leftBehind();
    if (left != null) {
      keeperFor(program, lock.socket(), left, lock).close();
    }
  }

  /** Steps ksmd. */
  public KsmdStepper ksmd() {
    return ksmd;
  }

  /** Whether what takes the kernel minutes shall be done. */
  public boolean force() {
    return force;
  }

  /**
   * Writes to a file now.
   *
   * @return 0 or a negative errno
   */
  public int tryWrite(Path file, String value) {
    return keeper.write(file, value);
  }

  /** Writes to a file now. */
  public void write(Path file, String value) {
    int err = keeper.write(file, value);
    if (err != 0) {
      throw new SurroundingsException(
          "%s cannot be written to %s: %s".formatted(value, file, Errno.name(err)));
    }
  }

  /** Starts a process. */
  public Agent startProcess(String name) {
    long pid = keeper.startProcess();
    ours.add(pid);
    return server.accept(pid, name);
  }

  /**
   * Starts a command by the shell, with everything that it maps mergeable, and its children's.
   *
   * @param log where what it prints goes
   * @return its process id
   */
  public long startCommand(String command, Path log) {
    Agent agent = startProcess(command);
    CommandStart.exec(agent, command, log);
    return agent.pid();
  }

  /** Takes care of a process that one of ours has started: it ends with this session. */
  public void own(long pid) {
    if (ours.add(pid)) {
      keeper.watch(pid);
    }
  }

  /** Takes over a process that one of ours has forked. */
  public Agent adopt(long pid, String name) {
    Agent agent = server.accept(pid, name);
    ours.add(pid);
    keeper.watch(pid);
    return agent;
  }

  /** Meets a process of ours again that has called execve on {@link #program}. */
  public Agent meetAgain(long pid, String name) {
    return server.accept(pid, name);
  }

  /** The path of the helper, and of the socket that its processes connect to. */
  public List<String> program() {
    return List.of(program.toString(), server.socket().toString());
  }

  /** Makes an in-memory file. */
  public Path makeFile(long size) {
    return Path.of(
        "/proc", Long.toString(keeper.pid()), "fd", Long.toString(keeper.makeFile(size)));
  }

  /** Empties the LRU batches of every CPU. */
  public void drainLru() {
    keeper.drain();
  }

  /**
   * From now on huge pages are there where they are asked for, and nobody else makes any: memory is
   * compacted, and khugepaged sleeps until the session ends.
   */
  public void leaveHugePagesAlone() {
    if (!hugePagesAreLeftAlone) {
      hugePagesAreLeftAlone = true;
      QuietHugePages.make(this);
    }
  }

  /** Kills all processes, and closes all files. */
  public void clear() {
    keeper.clear();
    ours.clear();
  }

  /** Throws where another process uses KSM by now. */
  public void refuseForeignUsers() {
    List<String> others = ForeignUsers.find(ours);
    if (!others.isEmpty()) {
      throw new SurroundingsException(
          "other processes have begun to use KSM, so these figures are not ours alone: "
              + String.join(", ", others));
    }
  }

  private void closeQuietly() {
    try {
      release();
    } catch (SurroundingsException e) {
      // nobody is left to tell; the next session puts back what is saved
    }
  }

  /** Kills all processes and puts everything back. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      return; // the JVM is ending, and the hook does this
    }
    release();
  }

  private synchronized void release() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      keeper.close();
    } finally {
      server.close();
      try {
        putBackWhatIsLeft(lock, program); // where the keeper has died
      } finally {
        lock.close();
      }
    }
  }

  /** The values that the files of KSM have at the start of a scenario, by name. */
  public void begin(Map<String, String> values) {
    ScenarioStart.write(this, values);
  }
}
