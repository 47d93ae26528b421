// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.host.backend;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.samepage.host.SurroundingsException;
import org.samepage.host.kernel.KsmFiles;
import org.samepage.host.session.HostSession;
import org.samepage.machine.SyscallException;
import org.samepage.mm.report.KernelReport;
import org.samepage.mm.units.PageUnits;
import org.samepage.scenario.backend.Backend;
import org.samepage.scenario.backend.BackendProcess;
import org.samepage.scenario.backend.ContentPages;
import org.samepage.scenario.lang.Action;
import org.samepage.scenario.lang.Content;

/** Runs a scenario on the kernel that we run on. */
public final class HostBackend implements Backend {
  private final HostSession session;
  private final StoredKsm ksm;
  private final SlowUnmerge slowUnmerge;
  private final Map<String, Path> files = new HashMap<>();
  private boolean locked;
  private final Map<String, HostProcess> alive = new HashMap<>();

  /**
   * A backend in a session, with nothing merged and no process.
   *
   * @param values of the files of KSM, by name
   */
  public HostBackend(HostSession session, Map<String, String> values) {
    this.session = session;
    session.begin(values);
    this.ksm = new StoredKsm(session, values);
    this.slowUnmerge = new SlowUnmerge(session);
  }

  /** Whether this machine can swap pages out. */
  public static boolean swaps() {
    return HostMemory.hasSwap();
  }

  @Override
  public String name() {
    return "host";
  }

  @Override
  public @Nullable String profile() {
    return null;
  }

  /** This machine is as it is. */
  @Override
  public void requireMachine(List<Action.Setting> settings) {
    for (Action.Setting setting : settings) {
      HostMemory.require(setting.key(), setting.value());
    }
  }

  @Override
  public BackendProcess startProcess(String name) {
    HostProcess process = new HostProcess(this, session.startProcess(name), name);
    alive.put(name, process);
    return process;
  }

  HostProcess adopt(long pid, String name) {
    HostProcess process = new HostProcess(this, session.adopt(pid, name), name);
    alive.put(name, process);
    return process;
  }

  void gone(String name) {
    alive.remove(name);
  }

  Path file(String name) {
    Path file = files.get(name);
    if (file == null) {
      throw new IllegalArgumentException("unknown file " + name);
    }
    return file;
  }

  /**
   * From now on there may be locked pages. One that is replaced by a merged page waits in a batch
   * to be unlocked, with a reference that would keep its other mappings from being merged.
   */
  void locksPages() {
    locked = true;
  }

  /** From now on there may be huge pages. */
  void hasHugePages() {
    session.leaveHugePagesAlone();
  }

  SlowUnmerge slowUnmerge() {
    return slowUnmerge;
  }

  @Override
  public void makeFile(String name, long size, Content content) {
    Path file = session.makeFile(size);
    byte[] page = new byte[PageUnits.PAGE_BYTES];
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (long i = 0; i * page.length < size; i++) {
        ContentPages.fill(content, i, page);
        int length = (int) Math.min(page.length, size - i * page.length);
        ByteBuffer bytes = ByteBuffer.wrap(page, 0, length);
        while (bytes.hasRemaining()) {
          channel.write(bytes, i * page.length + bytes.position());
        }
      }
    } catch (IOException e) {
      throw new SurroundingsException("file %s cannot be filled".formatted(name), e);
    }
    files.put(name, file);
  }

  @Override
  public Set<String> ksmNames() {
    return KsmFiles.numericNames();
  }

  @Override
  public Set<String> writableKsmNames() {
    return KsmFiles.writableNames();
  }

  @Override
  public long ksm(String name) {
    return ksm.number(name);
  }

  @Override
  public void ksmStore(String name, String value) throws SyscallException {
    if (ksm.unmergesAll(name, value)) {
      slowUnmerge.refuse(alive.values());
    }
    ksm.store(name, value);
  }

  @Override
  public void scanPasses(long passes) {
    session.drainLru();
    ksm.whileScanning(
        locked ? () -> session.ksmd().passesByPage(passes) : () -> session.ksmd().passes(passes));
  }

  @Override
  public void scanPages(long pages) {
    session.drainLru();
    ksm.whileScanning(
        locked ? () -> session.ksmd().pagesByPage(pages) : () -> session.ksmd().pages(pages));
  }

  @Override
  public void at(String where) {
    slowUnmerge.at(where);
  }

  @Override
  public Map<String, Long> work() {
    return Map.of();
  }

  @Override
  public List<KernelReport> reports() {
    return List.of();
  }

  /** Kills the processes that are left. */
  @Override
  public void close() {
    alive.values().forEach(HostProcess::close);
    session.clear();
  }
}
