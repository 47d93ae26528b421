// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.scenario.port;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.samepage.ksm.control.KsmSysfs;
import org.samepage.ksm.control.Ksmd;
import org.samepage.machine.Machine;
import org.samepage.machine.SyscallException;
import org.samepage.machine.UserProcess;
import org.samepage.mm.report.KernelReport;
import org.samepage.mm.units.PageUnits;
import org.samepage.mm.vma.AddressSpace;
import org.samepage.mm.vma.Mm;
import org.samepage.mm.work.WorkCounter;
import org.samepage.mm.work.WorkCounters;
import org.samepage.scenario.backend.Backend;
import org.samepage.scenario.backend.BackendProcess;
import org.samepage.scenario.backend.ContentPages;
import org.samepage.scenario.lang.Action;
import org.samepage.scenario.lang.Content;

/** Runs a scenario on a {@link Machine}, which it closes. */
public final class PortBackend implements Backend {
  private static final String RUN = "run";
  private static final String GENERAL_PROFIT = "general_profit";

  private final Machine machine;
  private final KsmSysfs sysfs;
  private final Ksmd ksmd;
  private final Map<String, AddressSpace> files = new HashMap<>();

  /** What the machine's rmap_items have more than the profits that are shown count. */
  private final int itemBytesLeftOut;

  /**
   * A backend on a machine that nothing runs on.
   *
   * @param machine closed with this backend
   */
  public PortBackend(Machine machine) {
    this(machine, machine.ksm().strategies().rmapItemLayout().rmapItemSize());
  }

  /**
   * A backend that shows profits as if an rmap_item had another size, so that results under layouts
   * of different sizes can be compared.
   *
   * @param machine closed with this backend
   * @param itemSize bytes that the profits shown count for an item
   */
  public PortBackend(Machine machine, int itemSize) {
    this.itemBytesLeftOut = machine.ksm().strategies().rmapItemLayout().rmapItemSize() - itemSize;
    this.machine = machine;
    this.sysfs = machine.ksm().sysfs();
    this.ksmd = machine.ksm().ksmd();
  }

  /** The machine, for those who look deeper than a backend lets them. */
  public Machine machine() {
    return machine;
  }

  /** The address space of a process of this backend, for the same. */
  public Mm mm(BackendProcess process) {
    if (process instanceof PortProcess ours) {
      return ours.mm();
    }
    throw new IllegalArgumentException("not a process of this machine");
  }

  @Override
  public String name() {
    return "port";
  }

  @Override
  public String profile() {
    return machine.config().profile();
  }

  /** The machine was booted with them. */
  @Override
  public void requireMachine(List<Action.Setting> settings) {}

  @Override
  public BackendProcess startProcess(String name) {
    return new PortProcess(this, machine.newProcess());
  }

  @Override
  public void makeFile(String name, long size, Content content) {
    AddressSpace file = machine.newFile(size);
    byte[] page = new byte[PageUnits.PAGE_BYTES];
    for (long i = 0; i * page.length < size; i++) {
      ContentPages.fill(content, i, page);
      int length = (int) Math.min(page.length, size - i * page.length);
      Arrays.fill(page, length, page.length, (byte) 0);
      machine.writeFile(file, i, page);
    }
    files.put(name, file);
  }

  /** A process's profit as this backend shows it [bytes]. */
  long profit(UserProcess process) {
    return process.ksmProcessProfit() + itemBytesLeftOut * process.mm().ksmRmapItems;
  }

  AddressSpace file(String name) {
    return Objects.requireNonNull(files.get(name), name);
  }

  @Override
  public Set<String> ksmNames() {
    return sysfs.numericNames();
  }

  @Override
  public Set<String> writableKsmNames() {
    Set<String> writable = new TreeSet<>(sysfs.names());
    writable.removeIf(name -> !sysfs.isWritable(name));
    return writable;
  }

  @Override
  public long ksm(String name) {
    long number = sysfs.number(name);
    return name.equals(GENERAL_PROFIT)
        ? number + itemBytesLeftOut * machine.ksm().state().ksmRmapItems
        : number;
  }

  @Override
  public void ksmStore(String name, String value) throws SyscallException {
    int err = sysfs.store(name, value);
    if (err != 0) {
      throw SyscallException.ofErrno(err);
    }
  }

  @Override
  public void scanPasses(long passes) {
    runKsmd(() -> {
      for (long i = 0; i < passes && ksmd.fullPass(); i++) {}
    });
  }

  @Override
  public void scanPages(long pages) {
    runKsmd(() -> ksmd.batch((int) pages));
  }

  /** As whoever steps the real ksmd does it: run reads 1 meanwhile, and 0 afterwards. */
  private void runKsmd(Runnable steps) {
    var _ = sysfs.store(RUN, "1");
    steps.run();
    var _ = sysfs.store(RUN, "0");
  }

  @Override
  public void at(String where) {
    machine.log().at(where);
  }

  @Override
  public Map<String, Long> work() {
    WorkCounters work = machine.work();
    Map<String, Long> byName = new LinkedHashMap<>();
    for (WorkCounter counter : WorkCounter.values()) {
      byName.put(counter.key(), counter.of(work));
    }
    return byName;
  }

  @Override
  public List<KernelReport> reports() {
    return machine.log().reports();
  }

  @Override
  public void close() {
    machine.close();
  }
}
