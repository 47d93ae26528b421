// SPDX-License-Identifier: GPL-2.0-only
package org.samepage.selftests.port;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samepage.ksm.control.KsmSysfs;
import org.samepage.machine.Machine;
import org.samepage.machine.SyscallException;
import org.samepage.machine.check.MachineChecker;
import org.samepage.machine.mmap.UnmappedArea;
import org.samepage.mm.errno.Errno;
import org.samepage.mm.errno.NotSupportedYetException;
import org.samepage.mm.report.KernelReport;
import org.samepage.selftests.sys.TestKernel;
import org.samepage.selftests.sys.TestProcess;
import org.samepage.selftests.sys.UnsoundException;

/** One booted machine. */
final class PortKernel implements TestKernel {
  private static final String KSM = "/sys/kernel/mm/ksm/";
  private static final String THP = "/sys/kernel/mm/transparent_hugepage/";
  private static final String PROC = "/proc/";
  private static final String MIN_ADDR = "/proc/sys/vm/mmap_min_addr";

  private final Machine machine;
  private final List<PortProcess> alive = new ArrayList<>();

  PortKernel(Machine machine) {
    this.machine = machine;
  }

  Machine machine() {
    return machine;
  }

  @Override
  public String where() {
    return "in the port";
  }

  @Override
  public String release() {
    return "6.18.0-samepage";
  }

  @Override
  public int nodes() {
    return machine.config().memory().nodes();
  }

  @Override
  public long rmapItemBytes() {
    return machine.ksm().strategies().rmapItemLayout().rmapItemSize();
  }

  @Override
  public TestProcess newProcess() {
    return started(new PortProcess(this, machine.newProcess()));
  }

  PortProcess started(PortProcess process) {
    alive.add(process);
    return process;
  }

  void ended(PortProcess process) {
    alive.remove(process);
  }

  @Override
  public @Nullable String read(String path) {
    if (path.equals(MIN_ADDR)) {
      return UnmappedArea.MMAP_MIN_ADDR + "\n";
    }
    if (path.startsWith(PROC)) {
      return proc(path);
    }
    if (path.startsWith(THP)) {
      return machine.thp().sysfs().show(path.substring(THP.length()));
    }
    String name = ksmName(path);
    return name == null || !sysfs().numericNames().contains(name) ? null : sysfs().show(name);
  }

  private @Nullable String proc(String path) {
    try {
      return machine.proc().read(path);
    } catch (SyscallException e) {
      return null;
    }
  }

  @Override
  public long write(String path, String text) {
    if (path.startsWith(THP)) {
      return machine.thp().sysfs().store(path.substring(THP.length()), text);
    }
    String name = ksmName(path);
    return name == null ? -Errno.ENOENT : sysfs().store(name, text);
  }

  private static @Nullable String ksmName(String path) {
    return path.startsWith(KSM) ? path.substring(KSM.length()) : null;
  }

  private KsmSysfs sysfs() {
    return machine.ksm().sysfs();
  }

  @Override
  public void awaitFullScans(int passes) {
    for (int i = 0; i < passes; i++) {
      if (!machine.ksm().ksmd().fullPass()) {
        throw new NotSupportedYetException("waiting for a pass over nothing, which never ends");
      }
    }
  }

  /** Lets all processes exit, then looks whether something was reported or is left. */
  @Override
  public void close() {
    try {
      List<String> problems = new ArrayList<>(MachineChecker.problems(machine));
      List.copyOf(alive).forEach(PortProcess::exit);
      problems.addAll(MachineChecker.problems(machine));
      for (KernelReport report : machine.log().reports()) {
        problems.add(report.text());
      }
      if (!problems.isEmpty()) {
        throw new UnsoundException(String.join("\n", problems));
      }
    } finally {
      machine.close();
    }
  }
}
